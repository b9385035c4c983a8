"""Facts about certificates."""

from app.kernel.errors import NotFound
from app.kernel.text import Text


class CertificateUnknown(NotFound):
    """No certificate has this code or id, or it is somebody else's: all look the same."""

    code = "certificate.unknown"
    text = Text(zh="没有找到这张证书，请核对验真码。", en="No such certificate; please check the verification code.")
