SELECT coalesce(written.string_value, caller.qualified_name) AS subject, 'calls' AS relation, own.origin AS origin_a, a.qualified_name AS value_a,
       dispute.origin AS origin_b, b.qualified_name AS value_b, dispute.path, dispute.line
FROM cpg_edges AS dispute
JOIN cpg_edges AS own ON own.site_id = dispute.site_id AND own.kind = 'calls'
JOIN cpg_nodes AS a ON a.id = own.dst
JOIN cpg_nodes AS b ON b.id = dispute.dst
JOIN cpg_nodes AS caller ON caller.id = dispute.src
LEFT JOIN cpg_props AS written ON written.entity_id = dispute.site_id AND written.entity = 'node' AND written.key = 'callee_text'
WHERE dispute.kind = 'disputes_call'
UNION ALL
SELECT dispute.label AS subject, 'refers' AS relation, own.origin AS origin_a, a.qualified_name AS value_a, dispute.origin AS origin_b,
       b.qualified_name AS value_b, dispute.path, dispute.line
FROM cpg_edges AS dispute
JOIN cpg_edges AS own
    ON own.src = dispute.src AND own.bstart = dispute.bstart AND own.kind IN ('reads', 'writes', 'deletes')
JOIN cpg_nodes AS a ON a.id = own.dst
JOIN cpg_nodes AS b ON b.id = dispute.dst
WHERE dispute.kind = 'disputes_reference'
