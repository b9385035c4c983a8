"""Answers kept some days ago: their id says the day, as their time does."""


def aged(days: int) -> str:
    """An UPDATE by which answers were kept so many days ago; a condition may follow."""
    return f"UPDATE intent_answer SET id = id - ({days}::bigint << 38), kept_at = kept_at - interval '{days} days'"
