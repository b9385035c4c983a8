"""Facts about certificates."""

from app.kernel.errors import NotFound
from app.kernel.text import Text


class CertificateUnknown(NotFound):
    """No certificate has this code or id, or it is somebody else's: all look the same."""

    code = "certificate.unknown"
    text = Text(zh="没有找到这张证书，请核对验真码。", en="No such certificate; please check the verification code.")


class FindingsAbsent(NotFound):
    """A certificate of this kind is judged by no rules: it claims nothing about emissions."""

    code = "certificate.findings_absent"
    text = Text(
        zh="特别贡献证书不涉及排放声明，没有逐条判定。",
        en="A certificate of special contribution claims nothing about emissions, so there are no findings.",
    )
