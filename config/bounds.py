"""What each knob may be, as tables: required where, of which form, within which bounds."""

from typing import Final

REQUIRED: Final = (
    "database_url", "master_keys", "index_key", "csrf_key", "wechat_appid", "wechat_secret",
)  # fmt: skip
BOUNDS: Final = {
    "pool_size": (2, 200),
    "pool_wait_s": (1, 60),
    "pool_reads": (0, 100),
    "request_wait_s": (1, 60),
    "statement_cache": (0, 10_000),
    "replica_lag_s": (1, 300),
    "drain_s": (0, 600),
    "api_processes": (1, 1000),
    "proxy_hops": (1, 8),
    "guests_per_address": (10, 1_000_000),
    "password_memory_kib": (19_456, 1_048_576),
    "password_passes": (2, 32),
    "password_lanes": (1, 16),
    "keep_messages_days": (1, 3650),
    "keep_answers_days": (30, 3650),
    "keep_sessions_days": (1, 3650),
    "keep_attempts_days": (1, 365),
    "keep_figures_days": (1, 3650),
    "keep_guests_days": (1, 3650),
    "keep_notices_days": (1095, 36_500),
    "keep_phone_messages_days": (30, 3650),
    "unpaid_person_permille": (1, 1000),
    "unpaid_address_permille": (1, 1000),
    "unpaid_organisation_permille": (1, 1000),
    "unpaid_total_permille": (1, 1000),
    "unpaid_floor_kg": (0, 1_000_000),
    "unpaid_orders": (1, 10_000),
    "unpaid_ipv6_prefix": (16, 64),
    "exchange_rate_days": (0, 31),
    "retire_alone_tonnes": (0, 1_000_000_000),
    "quoted_hours": (1, 720),
}
"""Knobs that are whole numbers, and what they may be."""
SANDBOX_STARTS: Final = {
    "wechat_appid": "wxsandbox",
    "wechat_secret": "sandbox",
    "wechat_push_token": "sandbox",
    "wechat_push_key": "SANDBOX",
    "wechat_account_appid": "wxsandbox",
    "wechat_account_secret": "sandbox",
    "registry_name": "DRP-SANDBOX",
    "registry_account": "DRP-SANDBOX",
    "registry_key_id": "DRP-SANDBOX",
    "registry_public_key_id": "DRP-SANDBOX",
}
"""How the sandbox marks its keys; channels say it of their own. Source: app/sandbox/keys.py, docs/wire/sandbox.md."""
ACCOUNT: Final = ("wechat_account_appid", "wechat_account_secret")
"""What an official account needs, both of it or none."""
PUSH: Final = ("wechat_push_token", "wechat_push_key")
"""What WeChat's message push needs, both or none."""
REGISTRY: Final = (
    "registry_programmes", "registry_name", "registry_account", "registry_key_id", "registry_private_key",
    "registry_public_key_id", "registry_public_key",
)  # fmt: skip
"""What a registry with a wire needs, all of it or none."""
FILES: Final = ("files_key_id", "files_secret")
"""What a bucket needs beside its address, both."""
DEMO_MASTER_KEY: Final = "demo"
"""The id under which a demo keeps the key it makes for itself."""
OF_THE_TERMINAL: Final = (
    "DIANDIAN_OPERATOR_EMAIL", "DIANDIAN_OPERATOR_PASSWORD", "DIANDIAN_OPERATOR_CODE",
    "DIANDIAN_OPERATOR_TOKEN",
    "DIANDIAN_SECOND_EMAIL", "DIANDIAN_SECOND_PASSWORD", "DIANDIAN_SECOND_CODE",
)  # fmt: skip
"""No knobs: who acts at the command line, read by its verbs."""
