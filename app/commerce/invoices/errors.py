"""Facts about invoices."""

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


class InvoiceTitleUnfit(Invalid):
    """The title is missing, too long, or begins as a formula would."""

    code = "invoice.title_unfit"
    text = Text(
        zh="请填写发票抬头，最多 {most} 个字，不能以 = + - @ 开头。",
        en="Give the title of the invoice, at most {most} characters, not beginning with = + - or @.",
    )
    field = "/title"


class InvoiceTaxNumberUnfit(Invalid):
    """It is no tax number: neither a unified social credit code with a right check character, nor one of the older kinds."""

    code = "invoice.tax_number_unfit"
    text = Text(
        zh="税号应为 18 位统一社会信用代码（校验码须正确），或旧的 15 位、20 位税号。",
        en="A tax number is a unified social credit code of 18 characters whose check character is right, or an older one"
        " of 15 or 20.",
    )
    field = "/tax_number"


class InvoiceEmailUnfit(Invalid):
    """It is no e-mail address."""

    code = "invoice.email_unfit"
    text = Text(zh="请填写接收发票的电子邮箱。", en="Give the e-mail address that receives the invoice.")
    field = "/email"


class InvoiceNumberUnfit(Invalid):
    """It is no number of an invoice."""

    code = "invoice.number_unfit"
    text = Text(zh="发票号码为 8 至 20 位数字或字母。", en="The number of an invoice has 8 to 20 digits or letters.")
    field = "/number"


class InvoiceNotAsked(NotFound):
    """This order is not paid by an organisation, or nobody said what its invoice should bear."""

    code = "invoice.not_asked"
    text = Text(
        zh="没有可开发票的订单：须为机构已支付的订单，并已填写抬头和税号。",
        en="No order to invoice: it must be paid by an organisation, which said title and tax number.",
    )
    field = "/order"


class InvoiceMade(Conflict):
    """It is invoiced: what it bears stays."""

    code = "invoice.made"
    text = Text(
        zh="这个订单的发票已经开出，抬头不能再改。", en="This order is invoiced; its title can no longer change."
    )


class InvoiceAmountChanged(Conflict):
    """Another amount is to be invoiced, or reversed, than was seen; or nothing is any more. Nothing was marked."""

    code = "invoice.amount_changed"
    text = Text(
        zh="待开或待红冲的金额已经变化，或已经处理过，请刷新后重试。",
        en="The amount to invoice or to reverse has changed, or it was done already; reload and look again.",
    )
