-- All parts of the proof in one question, for whoever asks by hand.
CREATE OR REPLACE FUNCTION books.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM books.prove_grams(p_lot);
    RETURN QUERY SELECT * FROM books.prove_retirements(p_lot);
    RETURN QUERY SELECT * FROM books.prove_ledger(p_lot);
    RETURN QUERY SELECT * FROM books.prove_certificates(p_lot);
    RETURN QUERY SELECT * FROM books.prove_tonnes(p_lot);
    RETURN QUERY SELECT * FROM books.prove_orders(p_lot);
    RETURN QUERY SELECT * FROM books.prove_claims(p_lot);
    RETURN QUERY SELECT * FROM books.prove_set_aside(p_lot);
    RETURN QUERY SELECT * FROM books.prove_money(p_lot);
    RETURN QUERY SELECT * FROM books.prove_records(p_lot);
END $$;
