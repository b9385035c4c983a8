-- What stands without two people is written by the tables' owner, or by one of the owner's functions, which says when it
-- may: never by the application itself. Asked of who writes the row, so that `approvals.guard` needs no list of them.
CREATE FUNCTION approvals.check_founding() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = tg_relid), 'MEMBER') THEN
        RAISE EXCEPTION 'what was there before is written by the owner'
            USING errcode = '42501', constraint = 'approval_founded_by_owner';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER approval_founding BEFORE INSERT ON approval
    FOR EACH ROW WHEN (new.is_founding) EXECUTE FUNCTION approvals.check_founding();
REVOKE ALL ON FUNCTION approvals.check_founding() FROM PUBLIC;

-- As before; who founds is asked by `approval_founding`.
CREATE OR REPLACE FUNCTION approvals.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_kind approval_kind;
    v_refusal text;
BEGIN
    IF tg_op = 'DELETE' THEN
        RAISE EXCEPTION 'an approval is never deleted' USING errcode = '23514', constraint = 'approval_is_kept';
    END IF;
    SELECT * INTO v_kind FROM approval_kind k WHERE k.code = new.kind;
    IF v_kind.code IS NULL THEN
        RAISE EXCEPTION 'there is no approval of kind %', new.kind USING errcode = '23503', constraint = 'approval_kind_fkey';
    END IF;
    IF tg_op = 'INSERT' THEN
        new.interested := ARRAY(SELECT DISTINCT q FROM unnest(
            new.interested::uuid[] || approvals.named_in(new.payload::jsonb)) AS q ORDER BY q);
        new.is_one_open := v_kind.is_one_open;
        new.proposed_at := clock_timestamp();
        IF new.is_founding THEN
            new.decided_at := new.proposed_at;
            RETURN new;
        END IF;
        IF new.state <> 'proposed' THEN
            RAISE EXCEPTION 'an approval begins as a proposal' USING errcode = '23514', constraint = 'approval_step_check';
        END IF;
        IF (new.party_id IS NOT NULL) <> v_kind.is_of_party THEN
            RAISE EXCEPTION 'approvals of kind % are made elsewhere', new.kind
                USING errcode = '23514', constraint = 'approval_party_check';
        END IF;
        IF NOT approvals.may_make(new.maker_id, v_kind, new.party_id, new.payload::jsonb) THEN
            RAISE EXCEPTION 'the maker has no role for it now' USING errcode = '42501', constraint = 'approval_maker_role';
        END IF;
        RETURN new;
    END IF;

    IF old.state <> 'proposed' THEN
        RAISE EXCEPTION 'approval % is decided', old.id USING errcode = '23514', constraint = 'approval_is_final';
    END IF;
    IF (new.id, new.kind, new.subject, new.payload, new.payload_sha256, new.maker_id, new.party_id, new.interested,
        new.is_one_open, new.is_founding, new.proposed_at)
       IS DISTINCT FROM
       (old.id, old.kind, old.subject, old.payload, old.payload_sha256, old.maker_id, old.party_id, old.interested,
        old.is_one_open, old.is_founding, old.proposed_at)
    THEN
        RAISE EXCEPTION 'what was proposed of % stays', old.id USING errcode = '23514', constraint = 'approval_proposal_stays';
    END IF;
    IF new.state IN ('approved', 'returned') THEN
        v_refusal := approvals.refusal(old, new.decider_id);
        IF v_refusal IS NOT NULL THEN
            RAISE EXCEPTION '% may not decide approval %', new.decider_id, old.id
                USING errcode = '42501', constraint = v_refusal;
        END IF;
        IF new.state = 'approved' AND NOT approvals.may_make(old.maker_id, v_kind, old.party_id, old.payload::jsonb) THEN
            RAISE EXCEPTION 'the maker has no role for it now' USING errcode = '42501', constraint = 'approval_maker_role';
        END IF;
    END IF;
    IF new.state <> 'proposed' THEN
        new.decided_at := clock_timestamp();
    END IF;
    RETURN new;
END $$;
