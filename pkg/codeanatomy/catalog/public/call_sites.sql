SELECT site.path, site.line, site.col, site.end_line, site.end_col, facts.caller_id, facts.callee_text, facts.status, facts.reason,
       coalesce(facts.targets, CASE facts.status WHEN 'unresolved' THEN 0 ELSE 1 END) AS targets
FROM cpg_nodes AS site
JOIN (
    SELECT entity_id, max(CASE WHEN key = 'caller' THEN int_value END) AS caller_id,
           max(CASE WHEN key = 'callee_text' THEN string_value END) AS callee_text, max(CASE WHEN key = 'status' THEN string_value END) AS status,
           max(CASE WHEN key = 'reason' THEN string_value END) AS reason, max(CASE WHEN key = 'targets' THEN int_value END) AS targets
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('caller', 'callee_text', 'status', 'reason', 'targets')
    GROUP BY entity_id
) AS facts ON facts.entity_id = site.id
WHERE site.kind = 'call'
