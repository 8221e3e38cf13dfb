-- The last binding of its name in a function is a plain assignment, and no binding of that name there is used. Names that stand in an unpacked
-- tuple are spared unless a tuple is written on the other side too; so is `_`, so are the variables of a function that calls `locals`.
-- The name of an `except … as` is unused where it reaches nothing.
WITH flows AS (
    SELECT flow.path, flow.def_line, flow.def_col, flow.variable FROM dataflow AS flow WHERE flow.kind IN ('local', 'captured', 'global')
), used AS (
    SELECT DISTINCT binding.name, binding.scope_id
    FROM bindings AS binding
    JOIN flows ON flows.path = binding.path AND flows.def_line = binding.line AND flows.def_col = binding.col AND flows.variable = binding.name
    WHERE binding.how <> 'comprehension'
), written AS (
    SELECT value.src AS statement_id FROM cpg_edges AS value
    JOIN cpg_nodes AS elements ON elements.id = value.dst AND elements.syntax IN ('Tuple', 'List', 'Set')
    LEFT ANTI JOIN (
        SELECT target.src FROM cpg_edges AS target
        JOIN cpg_nodes AS single ON single.id = target.dst AND single.syntax NOT IN ('Tuple', 'List')
        WHERE target.kind = 'child' AND target.label = 'targets'
    ) AS mixed ON mixed.src = value.src
    WHERE value.kind = 'child' AND value.label = 'value'
), unpacked AS (
    SELECT name.path, name.line, name.col
    FROM cpg_nodes AS name
    JOIN cpg_nodes AS around ON around.id = name.parent_id AND around.syntax IN ('Tuple', 'List', 'Starred')
    JOIN cpg_nodes AS above ON above.id = around.parent_id
    LEFT ANTI JOIN written ON written.statement_id IN (above.id, above.parent_id)
    WHERE name.kind = 'binding'
)
SELECT binding.path, binding.line, binding.name
FROM bindings AS binding
JOIN definitions AS scope ON scope.id = binding.scope_id AND scope.kind = 'function'
LEFT JOIN bindings AS later ON later.scope_id = binding.scope_id AND later.name = binding.name AND later.how NOT IN ('comprehension', 'except')
    AND (later.line > binding.line OR later.line = binding.line AND later.col > binding.col)
LEFT JOIN cpg_nodes AS annotation ON binding.how = 'annotated' AND annotation.path = binding.path AND annotation.line = binding.line
    AND annotation.col = binding.col AND annotation.syntax = 'AnnAssign'
LEFT JOIN cpg_edges AS assigned ON assigned.src = annotation.id AND assigned.kind = 'child' AND assigned.label = 'value'
LEFT ANTI JOIN used ON used.name = binding.name AND used.scope_id = binding.scope_id
LEFT ANTI JOIN cpg_edges AS captured ON captured.kind = 'captures' AND captured.dst = binding.definition_id
LEFT ANTI JOIN unpacked ON unpacked.path = binding.path AND unpacked.line = binding.line AND unpacked.col = binding.col
LEFT ANTI JOIN call_sites AS asked ON asked.caller_id = binding.scope_id AND asked.callee_text = 'locals'
WHERE binding.how IN ('assign', 'augmented', 'annotated', 'walrus', 'with') AND later.name IS NULL
    AND (binding.how <> 'annotated' OR assigned.id IS NOT NULL)
    AND binding.name NOT IN ('_', '__tracebackhide__', '__traceback_info__', '__traceback_supplement__', '__debuggerskip__')
UNION ALL
SELECT binding.path, binding.line, binding.name
FROM bindings AS binding
LEFT ANTI JOIN flows ON flows.path = binding.path AND flows.def_line = binding.line AND flows.def_col = binding.col AND flows.variable = binding.name
WHERE binding.how = 'except'
