"""Facts about webhooks that stop a use case."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class EndpointUnknown(NotFound):
    """No such endpoint, or not one of this person's organisation."""

    code = "webhooks.endpoint_unknown"
    text = Text(zh="没有找到这个推送地址。", en="There is no such endpoint.")


class DeliveryUnknown(NotFound):
    """No such delivery at this endpoint."""

    code = "webhooks.delivery_unknown"
    text = Text(zh="没有找到这条推送记录。", en="There is no such delivery.")


class EndpointUnfit(Invalid):
    """An endpoint as it was described cannot be; the field is named."""

    code = "webhooks.endpoint_unfit"
    text = Text(zh="推送地址的设置无效：{problem_zh}。", en="The endpoint cannot be set up so: {problem_en}.")


class EndpointsMany(RuleBroken):
    """The organisation has as many endpoints as it may have."""

    code = "webhooks.endpoints_many"
    text = Text(
        zh="每个机构最多 {most} 个推送地址，请先移除不用的。",
        en="An organisation has {most} endpoints at most; remove one first.",
    )

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class EndpointOff(Conflict):
    """Nothing is sent there now, so nothing can be asked for."""

    code = "webhooks.endpoint_off"
    text = Text(zh="此推送地址已暂停或停用，请先恢复。", en="This endpoint is paused or off; resume it first.")


class SecretOfRobot(RuleBroken):
    """A robot's secret is made by its group, not by us."""

    code = "webhooks.secret_of_robot"
    text = Text(
        zh="群机器人的密钥由群里生成，不能在这里更换；请移除后重新添加。",
        en="A robot's secret is made by its group; remove the endpoint and add it again.",
    )


class DeliveryWaits(Conflict):
    """It is waiting for its next try already."""

    code = "webhooks.delivery_waits"
    text = Text(zh="这条推送正在等待发送，无需重发。", en="This delivery is waiting to be sent already.")
