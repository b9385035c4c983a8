"""What the role may write of people, scenes, answers and fonts. A new grant needs a case here, or the role's test fails."""

from typing import Final

from tests.rooms.role.grants import Case

_SCENE: Final = (
    "INSERT INTO scenario (id, code, kind, state, organiser_zh, organiser_en, title_zh, title_en, created_at, approval_id)"
    " VALUES (gen_random_uuid(), 'EVEEEV', 'event', '{state}', 'x', 'x', 'x', 'x', now(), {approval})"
)
_DRAFT: Final = _SCENE.format(state="draft", approval="NULL")
_SKETCH: Final = (
    "INSERT INTO scene_draft (id, organisation_id, content, revision, gift_id, scenario_id, proposed_revision, made_at,"
    " changed_at) SELECT gen_random_uuid(), id, {content}, 1, gen_random_uuid(), {scene}, {revision}, now(), now()"
    " FROM organisation LIMIT 1"
)

WRITES_PEOPLE: Final = {
    # ---- people and what is theirs ------------------------------------------------------------------------------------
    "INSERT person": Case("makes guests", harmless="anybody may be one"),
    "UPDATE person(language, state)": Case(
        "marks somebody as erased", (("UPDATE person SET state = 'king'", "person_state_check"),)
    ),
    "INSERT person_key": Case("writes a key it cannot wrap", harmless="what it seals opens as nothing"),
    "UPDATE person_key(wrapped, master_key)": Case(
        "destroys a key", harmless="erasing is a right; grams and papers stay, without the name"
    ),
    "DELETE person_key": Case("destroys a key", harmless="erasing is a right; grams and papers stay, without the name"),
    "INSERT person_pii": Case("writes a name", harmless="sealed under a key outside of PostgreSQL"),
    "UPDATE person_pii(sealed)": Case("changes a name", harmless="sealed under a key outside of PostgreSQL"),
    "DELETE person_pii": Case("deletes a name", harmless="erasing is a right"),
    "INSERT identity_session": Case(
        "opens a session for anybody", harmless="the application opens sessions; what they may do is asked at each act"
    ),
    "UPDATE identity_session(expires_at, revoked_at)": Case("ends or lengthens sessions", harmless="as above"),
    "INSERT sign_in_attempt": Case("locks an account for an hour", harmless="no gram hangs on it"),
    "DELETE sign_in_attempt": Case("forgets attempts", harmless="the password still has to be right"),
    # ---- scenes, footprints, answers ----------------------------------------------------------------------------------
    "INSERT footprint": Case(
        "keeps a false figure",
        (
            (
                (
                    "INSERT INTO footprint SELECT (jsonb_populate_record(f, jsonb_build_object('id',"
                    " gen_random_uuid(), 'total_g', 0))).* FROM footprint f LIMIT 1"
                ),
                "footprint_total_check",
            ),
        ),
    ),
    "INSERT personal_figure": Case(
        "keeps a figure of days that are neither one day nor a year",
        (
            (
                (
                    "INSERT INTO personal_figure (id, person_id, footprint_id, span, period_from, period_to, intent_key,"
                    " kept_at) SELECT gen_random_uuid(), person_id, id, 'year', '2024-01-01', '2024-06-30', 'x', now()"
                    " FROM footprint LIMIT 1"
                ),
                "personal_figure_period_check",
            ),
        ),
        harmless="a figure retires nothing; what is claimed of it is a claim of its own",
    ),
    "INSERT scenario": Case(
        "publishes a scene that nobody agreed to",
        (
            (_SCENE.format(state="published", approval="NULL"), "scenario_approved_check"),
            (_SCENE.format(state="published", approval="gen_random_uuid()"), "scenario_approval_fkey"),
            (_SCENE.format(state="published", approval="NULL").replace("EVEEEV", "GEREN0"), "scenario_personal_check"),
        ),
        harmless="a draft is open to nobody",
    ),
    "UPDATE scenario(kind, state, organiser_zh, organiser_en, title_zh, title_en, starts_on, ends_on, setup,"
    " approval_id)": Case(
        "opens a draft alone, or changes what two people agreed to",
        (
            (f"{_DRAFT}; UPDATE scenario SET state = 'published' WHERE code = 'EVEEEV'", "scenario_approved_check"),
            (f"{_DRAFT}; UPDATE scenario SET state = 'closed' WHERE code = 'EVEEEV'", "scenario_step_check"),
            ("UPDATE scenario SET title_zh = 'x' WHERE approval_id IS NOT NULL", "scenario_two_people"),
            (
                "UPDATE scenario SET state = 'draft', approval_id = NULL WHERE state = 'published'",
                "scenario_step_check",
            ),
        ),
        harmless="closes a scene: no gram hangs on it",
    ),
    "INSERT scene_draft": Case(
        "puts a draft before an organisation's people",
        (
            (
                _SKETCH.format(content="'[]'", scene="NULL", revision="NULL"),
                "scene_draft_content_check",
            ),
            (
                _SKETCH.format(content="'{}'", scene="gen_random_uuid()", revision="1"),
                "scene_draft_own_scene",
            ),
        ),
        harmless="a draft is open to nobody, and a reviewer reads the scene that it becomes",
    ),
    "UPDATE scene_draft(content, revision, scenario_id, proposed_revision, changed_at, discarded_at)": Case(
        "writes into somebody's draft",
        (
            (
                _SKETCH.format(content="'{}'", scene="NULL", revision="NULL")
                + "; UPDATE scene_draft SET content = '{\"a\": 1}'",
                "scene_draft_step_check",
            ),
        ),
        harmless="as above; a step that is none is refused, tried in tests/rooms/scenarios/test_keeping_drafts.py",
    ),
    "INSERT scenario_tally": Case(
        "tells a false tally", harmless="compared with the retirements at every look (tallies_count)"
    ),
    "UPDATE scenario_tally(retirements, mass_g)": Case(
        "tells a false tally", harmless="compared with the retirements at every look"
    ),
    "INSERT intent": Case("answers a repeated request wrongly", harmless="an answer moves nothing"),
    # ---- what can be printed ------------------------------------------------------------------------------------------
    "INSERT font_coverage": Case(
        "says that a script can be printed which cannot",
        (
            (
                "INSERT INTO font_coverage (digest, document, reported_at) VALUES (sha256('evil'), '[]', now())",
                "font_coverage_digest_check",
            ),
        ),
        harmless="a false document of its own digest is not refused: names would be taken that a paper shows as boxes",
    ),
    "UPDATE font_coverage(reported_at)": Case(
        "calls old fonts the newest", harmless="as above; no gram hangs on a name"
    ),
}
