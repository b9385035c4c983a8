-- As before; and whoever has a role at the platform has a yes that names it. What was founded for a role that no link gave
-- has no effect but that role, and none once it is taken away.
CREATE OR REPLACE FUNCTION books.prove_approvals(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    v_kind record;
    v_part record;
    v_wanted numeric := 0; v_sound numeric := 0; v_damage text[] := '{}';
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    FOR v_kind IN SELECT k.code, k.effect_table FROM approval_kind k ORDER BY k.code LOOP
        EXECUTE format($q$
            SELECT count(*) AS wanted, count(*) FILTER (WHERE q.is_approved AND q.effects = 1) AS sound,
                   (array_agg(CASE WHEN q.is_approved THEN %1$L || ' ' || q.id || ' is approved, and has ' || q.effects || ' effects'
                                   ELSE %1$L || ' ' || q.id || ' has an effect, and nobody approved it' END ORDER BY q.id)
                       FILTER (WHERE NOT q.is_approved OR q.effects <> 1))[1:20] AS damage
            FROM (SELECT coalesce(a.id, e.approval_id) AS id, a.id IS NOT NULL AS is_approved, count(e.approval_id) AS effects
                  FROM (SELECT id FROM approval WHERE kind = %1$L AND state = 'approved'
                    AND NOT (is_founding AND kind = 'role' AND payload::jsonb ? 'person')) AS a
                  FULL JOIN (%2$s) AS e ON e.approval_id = a.id GROUP BY 1, 2) AS q $q$,
            v_kind.code,
            CASE WHEN v_kind.effect_table IS NULL THEN 'SELECT NULL::uuid AS approval_id WHERE false'
                 ELSE format('SELECT approval_id FROM %I WHERE approval_id IS NOT NULL', v_kind.effect_table) END)
        INTO v_part;
        v_wanted := v_wanted + v_part.wanted;
        v_sound := v_sound + v_part.sound;
        v_damage := v_damage || coalesce(v_part.damage, '{}');
    END LOOP;
    SELECT count(*) AS wanted, count(*) FILTER (WHERE a.payload::jsonb->'roles' ? m.role) AS sound,
           (array_agg('role ' || m.role || ' of ' || m.person_id || ', and nobody agreed to it' ORDER BY m.id)
               FILTER (WHERE (a.payload::jsonb->'roles' ? m.role) IS NOT TRUE))[1:20] AS damage
    INTO v_part
    FROM membership m JOIN organisation o ON o.id = m.organisation_id AND o.kind = 'exchange'
    LEFT JOIN approval a ON a.id = m.approval_id AND a.kind = 'role' AND a.state = 'approved';
    v_wanted := v_wanted + v_part.wanted;
    v_sound := v_sound + v_part.sound;
    v_damage := v_damage || coalesce(v_part.damage, '{}');
    RETURN QUERY SELECT NULL::bigint, 'approvals', v_wanted = v_sound, v_wanted, v_sound,
                        CASE WHEN v_wanted <> v_sound THEN v_damage[1:20] END;
END $$;
