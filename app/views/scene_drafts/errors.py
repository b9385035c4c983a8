"""Facts about what is filled in."""

from app.kernel.errors import Invalid
from app.kernel.text import Text


class SceneDraftUnfit(Invalid):
    """Something is missing or at fault in a draft; the field is named."""

    code = "scenario.draft_unfit"
    text = Text(zh="场景草稿有误：{problem_zh}。", en="The draft cannot stay so: {problem_en}.")
