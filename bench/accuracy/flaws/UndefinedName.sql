-- A name that nothing explains. Spared are names that a star import may bring, names in a `try` that catches NameError,
-- and names that an enclosing scope binds: those are locals used too early (UndefinedLocal).
WITH unexplained AS (
    SELECT name.path, name.line, name.col, name.name FROM cpg_nodes AS name
    LEFT ANTI JOIN refs AS ref ON ref.path = name.path AND ref.line = name.line AND ref.col = name.col AND ref.name = name.name
    LEFT ANTI JOIN dataflow AS flow ON flow.use_path = name.path AND flow.use_line = name.line AND flow.use_col = name.col AND flow.variable = name.name
    WHERE name.kind = 'reference' AND name.syntax = 'Name'
    UNION ALL
    SELECT binding.path, binding.line, binding.col, binding.name FROM bindings AS binding
    LEFT ANTI JOIN refs AS ref ON ref.path = binding.path AND ref.line = binding.line AND ref.col = binding.col AND ref.access = 'read'
    WHERE binding.how = 'augmented'
), guarded AS (
    SELECT attempt.path, attempt.line, min(handler.line) AS until
    FROM cpg_nodes AS attempt
    JOIN cpg_nodes AS handler ON handler.parent_id = attempt.id AND handler.syntax = 'ExceptHandler'
    LEFT JOIN cpg_nodes AS several ON several.parent_id = handler.id AND several.syntax = 'Tuple'
    JOIN cpg_nodes AS caught ON caught.parent_id IN (handler.id, several.id) AND caught.name = 'NameError'
    GROUP BY attempt.path, attempt.line
), early AS (
    SELECT DISTINCT own.path, own.name, function.line, function.end_line
    FROM bindings AS own
    JOIN cpg_nodes AS function ON function.id = own.scope_id AND function.kind = 'function'
    JOIN bindings AS outer_one ON outer_one.path = own.path AND outer_one.name = own.name AND outer_one.scope_id <> own.scope_id
    JOIN cpg_nodes AS around ON around.id = outer_one.scope_id
    WHERE around.kind = 'module' OR around.kind = 'function' AND around.line <= function.line AND around.end_line >= function.end_line
)
SELECT name.path, name.line, name.name FROM unexplained AS name
LEFT ANTI JOIN imports AS star ON star.path = name.path AND star.name = '*'
LEFT ANTI JOIN guarded ON guarded.path = name.path AND name.line BETWEEN guarded.line AND guarded.until - 1
LEFT ANTI JOIN early ON early.path = name.path AND early.name = name.name AND name.line BETWEEN early.line AND early.end_line
