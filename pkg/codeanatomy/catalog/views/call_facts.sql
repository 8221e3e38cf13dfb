SELECT site.site_id, site.caller_id, site.callee_text,
       CASE WHEN said.site_id IS NULL OR site.status NOT IN ('unresolved', 'ambiguous') THEN site.status
            WHEN said.inside > 0 THEN 'resolved' WHEN said.builtin = said.targets THEN 'builtin' ELSE 'external' END AS status,
       CASE WHEN said.site_id IS NULL THEN site.reason END AS reason,
       CAST(CASE WHEN said.site_id IS NULL OR site.status NOT IN ('unresolved', 'ambiguous') THEN site.targets ELSE said.targets END AS INT) AS targets
FROM call_sites AS site
LEFT JOIN (
    SELECT site_id, count(*) AS targets, sum(CASE WHEN name IS NULL THEN 1 ELSE 0 END) AS inside,
           sum(CASE WHEN starts_with(name, 'builtins.') THEN 1 ELSE 0 END) AS builtin
    FROM checked_calls
    GROUP BY site_id
) AS said ON said.site_id = site.site_id
