WITH agreed AS (
    SELECT DISTINCT own.site_id
    FROM calls AS own
    JOIN checked_calls AS checked ON checked.site_id = own.site_id AND checked.callee_id = own.callee_id
    UNION
    SELECT DISTINCT own.site_id
    FROM calls AS own
    JOIN overrides ON overrides.method_id = own.callee_id
    JOIN checked_calls AS checked ON checked.site_id = own.site_id AND checked.callee_id = overrides.overridden_id
)
SELECT stable_id('calls', own.site_id, own.caller_id, own.callee_id, own.via) AS id,
       CASE WHEN own.implicit THEN 'calls_implicitly' ELSE 'calls' END AS kind, own.caller_id AS src, own.callee_id AS dst, own.site_id,
       own.file_id, own.path, own.bstart, own.bend, own.line, own.col, own.end_line, own.end_col, own.via AS label,
       CASE WHEN checked.site_id IS NULL THEN own.origin ELSE concat(own.origin, '+pyrefly') END AS origin, own.resolution,
       CASE WHEN checked.site_id IS NULL THEN own.confidence ELSE greatest(own.confidence, $agreed) END AS confidence, own.ambiguity_group
FROM calls AS own
LEFT JOIN checked_calls AS checked ON checked.site_id = own.site_id AND checked.callee_id = own.callee_id
LEFT JOIN (SELECT DISTINCT site_id FROM checked_calls) AS known ON known.site_id = own.site_id
WHERE own.resolution NOT IN ('hierarchy', 'name_match') OR known.site_id IS NULL OR checked.site_id IS NOT NULL
UNION ALL
SELECT stable_id('calls', site.site_id, site.caller_id, checked.callee_id, 'pyrefly') AS id, 'calls' AS kind, site.caller_id AS src,
       checked.callee_id AS dst, site.site_id, site.file_id, site.path, site.bstart, site.bend, site.line, site.col, site.end_line,
       site.end_col, NULL AS label, 'pyrefly' AS origin, 'type' AS resolution, $by_type AS confidence,
       CASE WHEN facts.targets > 1 THEN site.site_id END AS ambiguity_group
FROM checked_calls AS checked
JOIN call_sites AS site ON site.site_id = checked.site_id AND site.status IN ('unresolved', 'ambiguous')
JOIN call_facts AS facts ON facts.site_id = site.site_id
LEFT ANTI JOIN calls AS own ON own.site_id = checked.site_id AND own.callee_id = checked.callee_id
UNION ALL
SELECT stable_id('disputes_call', site.site_id, site.caller_id, checked.callee_id) AS id, 'disputes_call' AS kind, site.caller_id AS src,
       checked.callee_id AS dst, site.site_id, site.file_id, site.path, site.bstart, site.bend, site.line, site.col, site.end_line,
       site.end_col, NULL AS label, 'pyrefly' AS origin, 'type' AS resolution, NULL AS confidence, NULL AS ambiguity_group
FROM checked_calls AS checked
JOIN call_sites AS site ON site.site_id = checked.site_id AND site.status = 'resolved'
LEFT ANTI JOIN agreed ON agreed.site_id = checked.site_id
