"""S18: no secret in the repository, no call that opens a door, and an image that is nobody's."""

import ast
import re
import subprocess
import tomllib

from tests.architecture.reading_source import PROJECT, calls, spelled, tracked, trees

_SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:\w+ )?PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=]{40}"),
    "a key of a cloud": re.compile(r"\b(?:AKIA|LTAI|AKID)[0-9A-Za-z]{12,}\b"),
    "a token of a code host": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{30,}|glpat-[\w-]{20,})\b"),
    "a signed token": re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
    "a password in an address": re.compile(
        r"(?:postgres(?:ql)?|redis|https?)://[\w%-]+:(?!\{|\$|\.\.\.|…)[^@/\s'\"`{}<>]{6,}@"
    ),
}
_UNSAFE = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads",
    "yaml.load", "shelve.open", "subprocess.getoutput", "tempfile.mktemp", "random.seed", "ssl._create_unverified_context",
    "hashlib.md5", "hashlib.sha1",
}  # fmt: skip
"""Beside what ruff's S rules refuse; here without a way to silence them."""
_CHOSEN_BY_OTHERS = {
    ("app/gateways/channels/wechatpay/billing.py", "hashlib.sha1"),
    ("app/sandbox/wechatpay/bills.py", "hashlib.sha1"),
    ("app/gateways/wechat/push.py", "hashlib.sha1"),
    ("app/sandbox/wechat/content.py", "hashlib.sha1"),
    ("app/gateways/channels/ecny_cmb/signing.py", "hashlib.md5"),
    ("app/sandbox/ecny_cmb/signing.py", "hashlib.md5"),
    ("app/gateways/channels/alipay/certificates.py", "hashlib.md5"),
    ("app/sandbox/alipay/certificates.py", "hashlib.md5"),
}
"""WeChat Pay names its bills by SHA-1, under a signature; nobody gains a second file of that digest and form by it. WeChat
signs its pushes by SHA-1 over a secret token, and what they say is encrypted besides. China
Merchants Bank wants MD5 in a header, over a text that holds the message's SM2 signature; that signature is what proves.
Alipay names certificates by MD5; chain and holder are what proves."""
_INVENTED = re.compile(r"example|test|invented|secret|password|user|sample|owner|name:|pass")


def test_no_secret_stands_in_any_file() -> None:
    found = []
    for path in tracked():
        if path.suffix in {".png", ".pdf", ".ttf", ".otf", ".ico", ".jpg", ".gz"}:
            continue
        text = path.read_text("utf-8", errors="replace")
        for what, pattern in _SECRETS.items():
            found += [
                f"{path.relative_to(PROJECT)}: {what}: {hit[0][:40]}"
                for hit in pattern.finditer(text)
                if not _INVENTED.search(hit[0])
            ]
    assert not found


def test_no_call_is_made_that_runs_or_opens_what_somebody_else_wrote() -> None:
    found = {
        f"{path}:{call.lineno} {spelled(call.func)}"
        for path, tree in trees("app", "workers", "config").items()
        for call in calls(tree)
        if (spelled(call.func) in _UNSAFE and (path.as_posix(), spelled(call.func)) not in _CHOSEN_BY_OTHERS)
        or any(_is_on(call, name) for name in ("shell",))
    }
    assert not found


def test_no_certificate_of_a_server_goes_unchecked() -> None:
    """`verify=False` and its kin: in our own program nowhere."""
    found = {
        f"{path}:{call.lineno}"
        for path, tree in trees("app", "workers", "config").items()
        for call in calls(tree)
        for given in call.keywords
        if given.arg == "verify" and isinstance(given.value, ast.Constant) and given.value.value is False
    }
    assert not found


def test_ruffs_rules_of_security_are_on_for_our_program_and_each_exception_gives_its_reason() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert settings["select"] == ["ALL"]
    assert {rule for rule in settings["ignore"] if re.fullmatch(r"S\d*", rule)} == {"S101", "S608"}
    loose = {place for place, rules in settings["per-file-ignores"].items() if {"S", "ALL"} & set(rules)}
    assert all(place.startswith(("tests/", "migrations/")) for place in loose)
    done = subprocess.run(
        ["git", "grep", "-nE", "noqa: [A-Z0-9, ]*S[0-9]{3}", "--", "app", "workers", "config"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    silenced = done.stdout.splitlines()
    assert [line for line in silenced if not re.search(r"noqa: [A-Z0-9, ]*[0-9] +(?:-|#) +\S", line)] == []


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
    stages = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    users = [line.split()[1] for line in lines[stages[-1] :] if line.startswith("USER ")]
    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}
    assert not [line for line in lines if re.match(r"(ENV|ARG) \w*(SECRET|PASSWORD|KEY|TOKEN)\w*\s*=?\s*\S", line)]


def _is_on(call: ast.Call, name: str) -> bool:
    return any(
        given.arg == name and isinstance(given.value, ast.Constant) and given.value.value is True
        for given in call.keywords
    )
