SELECT stable_id('calls', site_id, caller_id, callee_id, via) AS id, CASE WHEN implicit THEN 'calls_implicitly' ELSE 'calls' END AS kind,
       caller_id AS src, callee_id AS dst, site_id, file_id, path, bstart, bend, line, col, end_line, end_col, via AS label, origin,
       resolution, confidence, ambiguity_group
FROM calls
