-- The last binding of its name in a module or function is an import, and no binding of that name there is used:
-- neither does one reach a use, nor does `__all__`, a quoted annotation or code that never runs name it. `import a.b` is used wherever `a.b` is,
-- by whatever name. A star import is used by the names that it alone can bind.
WITH used AS (
    SELECT DISTINCT binding.name, binding.scope_id
    FROM bindings AS binding
    JOIN dataflow AS flow ON flow.path = binding.path AND flow.def_line = binding.line AND flow.def_col = binding.col AND flow.variable = binding.name
    WHERE flow.kind IN ('local', 'captured', 'global') AND binding.how <> 'comprehension'
), idle AS (
    SELECT ref.path, ref.name
    FROM refs AS ref
    JOIN cpg_nodes AS node ON node.path = ref.path AND node.line = ref.line AND node.col = ref.col AND node.kind = 'reference' AND node.name = ref.name
    LEFT ANTI JOIN dataflow AS flow ON flow.use_path = ref.path AND flow.use_line = ref.line AND flow.use_col = ref.col
    UNION
    SELECT ref.path, ref.name
    FROM refs AS ref
    JOIN cpg_nodes AS text ON text.path = ref.path AND text.kind = 'literal' AND text.line <= ref.line AND text.end_line >= ref.line
        AND (text.line < ref.line OR text.col < ref.col) AND (text.end_line > ref.line OR text.end_col > ref.col)
)
SELECT binding.path, binding.line, binding.name
FROM bindings AS binding
JOIN definitions AS scope ON scope.id = binding.scope_id AND scope.kind <> 'class'
LEFT JOIN bindings AS later ON later.scope_id = binding.scope_id AND later.name = binding.name AND later.how <> 'comprehension'
    AND (later.line > binding.line OR later.line = binding.line AND later.col > binding.col)
LEFT ANTI JOIN used ON used.name = binding.name AND used.scope_id = binding.scope_id
LEFT ANTI JOIN idle ON idle.path = binding.path AND idle.name = binding.name
LEFT JOIN imports AS dotted ON dotted.path = binding.path AND dotted.line = binding.line AND dotted.module LIKE binding.name || '.%'
LEFT ANTI JOIN refs AS ref ON ref.path = binding.path AND ref.line <> binding.line AND ref.target = dotted.target
LEFT ANTI JOIN imports AS future ON future.path = binding.path AND future.line = binding.line AND future.module = '__future__'
WHERE binding.how = 'import' AND binding.name <> '*' AND later.name IS NULL
UNION ALL
SELECT star.path, star.line, star.name
FROM bindings AS star
LEFT ANTI JOIN dataflow AS flow ON flow.path = star.path AND flow.def_line = star.line AND flow.def_col = star.col
WHERE star.how = 'import' AND star.name = '*'
