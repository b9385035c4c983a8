"""Every knob, with its unit, its default and one sentence. Read once, at an entrance, and handed down.

A knob comes from the environment variable `DIANDIAN_<NAME>`; those of `_HOST_NAMES` have names that hosts expect, as
`DATABASE_URL` and `REDIS_URL`. Secrets have no default. `loading` reads and checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from config.faults import Fault

PROJECT: Final = Path(__file__).resolve().parent.parent
Profile = Literal["embedded", "production"]


class SettingsUnfit(Exception):
    """The settings contradict themselves or the profile; `faults` names each knob and what to do."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an entrance needs to know. Secrets are not shown by `repr`."""

    profile: Profile = "embedded"
    """`embedded` runs on this machine's own servers and the sandbox; `production` refuses both."""
    database_url: str = field(default="", repr=False)
    """PostgreSQL, as the application's role (`ddt_app`); several hosts are asked in their order for the one that takes
    writes. A pooler may be there."""
    database_direct_url: str = field(default="", repr=False)
    """The same role past the pooler, for what belongs to one session: LISTEN, advisory locks, proofs. Empty: there is none."""
    database_read_url: str = field(default="", repr=False)
    """The same role on a streaming standby, for what anybody may see; empty: the primary tells that, too."""
    database_owner_url: str = field(default="", repr=False)
    """PostgreSQL, as the owner of the tables; only `migrate` uses it."""
    redis_url: str = field(default="", repr=False)
    """Valkey or Redis, `redis://…` or `unix:///…`; empty: the workers run without a queue."""
    public_url: str = "http://127.0.0.1:8000"
    """Scheme and host under which phones reach us, printed in QR codes; no slash at the end."""
    pool_size: int = 12
    """Connections to PostgreSQL per process."""
    pool_wait_s: int = 3
    """Seconds that a request waits for one of them before it is told to come again."""
    pool_reads: int = 3
    """How many of them requests that change something leave to those that read or let somebody in; at least one is theirs."""
    request_wait_s: int = 3
    """Seconds that a request waits in all, for connections and for locks, before it is told to come again."""
    statement_cache: int = 100
    """Prepared statements that each of them keeps; 0 behind a pooler, whose server connections change hands."""
    replica_lag_s: int = 2
    """Seconds that the replica may be behind; beyond them the primary is asked."""
    drain_s: int = 5
    """Seconds that the API goes on answering after SIGTERM, while it says that it is not ready: longer than a proxy takes to
    notice. Below what a supervisor waits before it kills."""
    api_processes: int = 1
    """API processes in all, over all machines; while Valkey is silent, each allows its share of a limit that only slows."""
    keep_messages_days: int = 30
    """Days that a message of the outbox is kept after it was acted upon; what is open or set aside stays."""
    keep_answers_days: int = 90
    """Days that an answer is told again word for word under its `Idempotency-Key`; 30 at least."""
    keep_sessions_days: int = 30
    """Days that a sign-in is kept after its end."""
    second_factor: str = ""
    """`required`: nobody signs in with a password alone; `offered`: they may. Empty: required in production."""
    password_memory_kib: int = 65_536
    """Memory that hashing an operator's password takes, in KiB (Argon2id). Source of the three: RFC 9106, section 4,
    second recommended option; the least allowed is OWASP's minimum."""
    password_passes: int = 3
    """How often Argon2id goes over that memory."""
    password_lanes: int = 4
    """Lanes of that memory, each a thread while the hash is computed."""
    keep_attempts_days: int = 1
    """Days that a password try is kept; it counts for an hour."""
    keep_figures_days: int = 30
    """Days that a computed figure is kept by which nobody ordered."""
    keep_guests_days: int = 30
    """Days that somebody is kept, with their data key, whom nothing refers to: no sign-in, order, figure or role."""
    keep_notices_days: int = 3650
    """Days that a channel's raw message can be opened: ten years, as bills; 1 095 at least (电子商务法, article 31)."""
    keep_phone_messages_days: int = 180
    """Days that a message in WeChat is kept since it ended, and what somebody said when asked for one; 30 at least."""
    unpaid_person_permille: int = 10
    """How much one person may set aside without having paid, of 1 000 parts of what is open of a programme."""
    unpaid_address_permille: int = 50
    """The same for all visitors behind one address together; beyond it orders are taken without setting aside."""
    unpaid_organisation_permille: int = 100
    """The same for one organisation; a single order above it is quoted, and set aside when it is paid or we say so."""
    unpaid_total_permille: int = 500
    """How much may be set aside by everybody together; beyond it orders are taken without setting aside."""
    unpaid_floor_kg: int = 100
    """What anybody may set aside however little is open, in kilograms."""
    unpaid_orders: int = 100
    """How many orders one payer may leave unpaid at a time."""
    unpaid_ipv6_prefix: int = 56
    """Leading bits of an IPv6 address that are one address here: what a provider gives to one customer; 64 at most."""
    quoted_hours: int = 72
    """Hours that an organisation's quoted order keeps its price, waiting for money or for a person of ours."""
    exchange_rate_days: int = 7
    """Days after its own in which an exchange rate is used; older, and without a price list of its own, US dollars are not
    offered."""
    retire_alone_tonnes: int = 50
    """Tonnes that one person of an organisation may retire of its holding alone; above it another of its people agrees."""
    name_wait_s: int = 60
    """Seconds that the paper of a gift waits for its receiver's name; the grams are retired at once."""
    gift_grace_days: int = 7
    """Days after a gift's end in which its sponsor may have what is left refunded; then it goes to their holding."""
    data_folder: Path = PROJECT / ".data"
    """Where drawn files, sandbox keys and the embedded servers' data lie."""
    files_url: str = ""
    """`s3://bucket/place`: an S3-compatible bucket where drawn files lie, for more machines than one; empty: `data_folder`."""
    files_endpoint: str = ""
    """Scheme and host of that storage, with the bucket in the path; empty: Amazon's own of the region."""
    files_region: str = "us-east-1"
    """The region of the bucket; storage of one's own mostly takes this one."""
    files_key_id: str = ""
    """The id of our access key there."""
    files_secret: str = field(default="", repr=False)
    """Its secret."""
    factor_set: str = "2025.1"
    """The factor set that new calculations use; a folder below `config/factors`."""
    recognition: str = "2024"
    """Which schemes recognise which programmes; a file of `config/recognition`."""
    rule_profile: str = "local"
    """The rule profile that judges a claim which asks for none; a file of `config/rules`."""
    issuer_zh: str = "示例环境交易所"
    """Who issues certificates, in Chinese."""
    issuer_en: str = "Sample Environment Exchange"
    """The same in English."""
    font_folders: str = ""
    """Folders with further fonts for certificates, joined by `:`; a serif and a bold face come from here, and any script
    that neither the wheels nor the system's own Noto fonts have."""
    seal_file: str = ""
    """The issuer's seal as PNG, JPEG or SVG; none: certificates carry no seal."""
    master_keys: str = field(default="", repr=False)
    """`id=base64` of 32 bytes each, joined by `,`, the current one first: they wrap the persons' data keys."""
    index_key: str = field(default="", repr=False)
    """Base64 of 32 bytes: finds a person by openid without keeping it readable."""
    csrf_key: str = field(default="", repr=False)
    """Base64 of 32 bytes: binds a form to its session."""
    wechat_appid: str = ""
    """The mini-program's id."""
    wechat_secret: str = field(default="", repr=False)
    """The mini-program's secret."""
    wechat_url: str = "https://api.weixin.qq.com"
    """Where login codes are exchanged."""
    wechat_push_token: str = field(default="", repr=False)
    """What WeChat signs its message push (消息推送) with; none: pictures of mini-program users are looked at by people."""
    wechat_push_key: str = field(default="", repr=False)
    """The EncodingAESKey of that push: 43 letters and digits."""
    wechat_certificate_template: str = ""
    """The template (订阅消息) that tells when a certificate is ready, with thing1, character_string2, time3; none: not told."""
    wechat_refund_template: str = ""
    """The template that tells when money went back, with thing1, amount2, time3, character_string4; none: not told."""
    wechat_account_appid: str = ""
    """The official account's id (公众号), bound to the same merchant; none: pages inside WeChat offer a code to scan."""
    wechat_account_secret: str = field(default="", repr=False)
    """The official account's secret."""
    wechat_open_url: str = "https://open.weixin.qq.com"
    """Where a browser inside WeChat is sent to be told apart."""
    channels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Of each way to be paid, its own settings: `DIANDIAN_<CHANNEL>_<KNOB>`, as its row in the table of channels declares
    them (app/gateways/channels/table.py); a channel of which nothing is set is not used."""
    registry_url: str = ""
    """Where a registry of credits answers by DRP-1 (docs/wire/registry.md); empty: upstream cancellation by hand."""
    registry_programmes: str = ""
    """The programmes that it records, joined by `,`: `CDCER,CCER`."""
    registry_name: str = ""
    """The registry's name as its receipts print it."""
    registry_account: str = ""
    """Our account there."""
    registry_key_id: str = ""
    """The name of our key there."""
    registry_private_key: str = field(default="", repr=False)
    """Our private key for it, Ed25519, PEM."""
    registry_public_key_id: str = ""
    """The name of the registry's own key."""
    registry_public_key: str = ""
    """The registry's public key, Ed25519, PEM."""
    sandbox_url: str = ""
    """Where the sandbox's cashier answers; empty outside a demo."""
    demo_key: str = field(default="", repr=False)
    """Opens the demo's one-click roles and is the password of its accounts; never in production."""
    demo_scene: str = ""
    """The scene that those roles begin at."""
    demo_run: str = ""
    """What this start of a demo is known by: `/readyz` tells it, so that a stranger on its port is noticed."""
    trusted_proxies: str = ""
    """Networks (CIDR) whose `X-Forwarded-For` is believed, joined by `,`."""
    proxy_hops: int = 1
    """Proxies of ours in a row: the reader is the n-th address from the right of `X-Forwarded-For`."""
    guests_per_address: int = 3000
    """New guests an hour from one address (64 bits of an IPv6): more than come to an event through its Wi-Fi."""
    metrics_token: str = field(default="", repr=False)
    """Opens `/metrics` from anywhere, as a bearer token; without it only private addresses are answered there."""
    allowed_hosts: str = ""
    """Host names that may be asked for, joined by `,`; none: the host of `public_url`, and loopback when embedded."""

    @property
    def is_sandbox(self) -> bool:
        """Whether everything this installation puts out must say SANDBOX 样张."""
        return self.profile == "embedded"

    @property
    def needs_second_factor(self) -> bool:
        """Whether every operator must bring a code beside the password."""
        return (self.second_factor or ("offered" if self.is_sandbox else "required")) == "required"

    @property
    def factor_folder(self) -> Path:
        """The folder of the factor set in use."""
        return PROJECT / "config" / "factors" / self.factor_set


_HOST_NAMES: Final = {
    "database_url": "DATABASE_URL",
    "database_direct_url": "DATABASE_DIRECT_URL",
    "database_read_url": "DATABASE_READ_URL",
    "database_owner_url": "DATABASE_OWNER_URL",
    "redis_url": "REDIS_URL",
}


def environment_name(knob: str) -> str:
    """The environment variable of a knob."""
    return _HOST_NAMES.get(knob, f"DIANDIAN_{knob.upper()}")
