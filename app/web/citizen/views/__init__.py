"""What each citizen page needs: the exact context of its template, one file a page.

A view is filled by a handler and read by one template under the name `view`. Texts that come from rows
(titles, projects, places) are already in the reader's language; masses are grams, money is minor units,
instants are aware. Pictures are `Markup`: only our own generators make them.

Every page class names its template in `template`: `pages.render(view.template, view, language)`.
"""
