-- Photo moments that this person, also before they were linked, had in a scene within a day, and those to come.
-- One that no screen was told of, they did not have.
CREATE OR REPLACE FUNCTION wall.photos_of(p_scene int, p_person uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM public.wall_photo p JOIN public.wall_turn t ON t.id = p.turn_id JOIN public.wall_scene w ON w.id = p.scene_id
    WHERE p.scene_id = p_scene AND t.person_id IN (SELECT identity.persons_of(p_person))
      AND p.asked_at > clock_timestamp() - interval '1 day'
      AND (p.event_id <= w.told_id OR p.show_from > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION wall.photos_of(integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.photos_of(integer, uuid) TO ddt_app;
