#!/usr/bin/python3
"""Checks a page of HTML with Python's own parser: well-formed, self-contained, usable.

    page_check.py FILE [TEXT...]   each TEXT must be readable on the page, as it stands
    page_check.py --self-test FILE plants mistakes in a good page and sees each caught

Prints what is wrong; status 1 if anything is.
"""
import base64
import re
import sys
import xml.etree.ElementTree
from html.parser import HTMLParser

VOID = {"meta", "img", "source", "br", "hr", "link", "input"}
TAGS = VOID | set("html head title style body a header h1 h2 h3 p nav ul li main section div table "
                  "caption thead tbody tr th td pre code figure figcaption picture span "
                  "footer details summary".split())
ATTRIBUTES = set("lang charset name content class href id aria-labelledby aria-label aria-hidden "
                 "tabindex role scope style width height src srcset alt media title".split())


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong, self.stack, self.headings = [], [], []
        self.ids, self.references, self.images, self.tables = [], [], [], []
        self.seen, self.text, self.style = [], [], []

    def expect(self, condition, what):
        if not condition:
            self.wrong.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = dict(attributes)
        self.expect(tag in TAGS, f"unexpected <{tag}>")
        self.expect(len(set(names)) == len(names), f"<{tag}> has an attribute twice")
        for name in names:
            self.expect(name in ATTRIBUTES, f"unexpected attribute {name}")
        self.seen.append(tag)
        if "id" in values:
            self.expect(values["id"] not in self.ids, f"id {values['id']} twice")
            self.ids.append(values["id"])
        for name in ("src", "srcset"):
            if name in values:
                self.data(values[name])
        if "href" in values:
            self.expect(values["href"].startswith("#"), f"external link {values['href']}")
            self.references.append(values["href"][1:])
        if "aria-labelledby" in values:
            self.references.append(values["aria-labelledby"])
        self.expect(re.fullmatch(r"(--s:[\d.]+|width:[\d.]+%)?", values.get("style", "")),
                    "strange style")
        self.text += [values.get("alt", ""), values.get("title", ""), values.get("aria-label", "")]
        if tag == "img":
            self.expect(values.get("alt"), "image without alt")
            self.expect(values.get("width", "").isdigit() and values.get("height", "").isdigit(),
                        "image without size")
        if tag == "th":
            self.expect(values.get("scope") in ("row", "col"), "th without scope")
        if tag == "table":
            self.tables.append(0)
        if tag == "caption":
            self.tables[-1] += 1
        if re.fullmatch("h[1-6]", tag):
            level = int(tag[1])
            self.expect(level == 1 if not self.headings else
                        1 < level <= self.headings[-1] + 1, f"{tag} out of order")
            self.headings.append(level)
        if tag == "style":
            self.expect(not self.style, "a second style")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        self.expect(self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-1:]}")
        if self.stack:
            self.stack.pop()

    def handle_data(self, data):
        (self.style if self.stack[-1:] == ["style"] else self.text).append(data)

    def handle_comment(self, data):
        self.expect(False, "a comment")

    def data(self, uri):
        match = re.fullmatch(r"data:(image/png|image/svg\+xml);base64,([A-Za-z0-9+/]+=*)", uri)
        self.expect(match, f"not a data URI: {uri[:60]}")
        if not match:
            return
        data = base64.b64decode(match[2], validate=True)
        if match[1] == "image/png":
            self.expect(data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in data[-12:], "no PNG")
        else:
            root = xml.etree.ElementTree.fromstring(data)
            self.expect(root.tag == "{http://www.w3.org/2000/svg}svg", "no SVG")
            for node in root.iter():
                self.expect(not node.tag.endswith("script"), "a script in an SVG")


def check(text, expected):
    page = Page()
    page.feed(text)
    page.close()
    page.expect(not page.stack, f"left open: {page.stack}")
    page.expect(text.startswith("<!DOCTYPE html>\n<html lang="), "no doctype or language")
    page.expect(page.headings.count(1) == 1, "not one h1")
    for tag in ("main", "nav", "header", "title", "footer"):
        page.expect(page.seen.count(tag) == 1, f"not one <{tag}>")
    page.expect(all(count == 1 for count in page.tables), "a table without a caption")
    for reference in page.references:
        page.expect(reference in page.ids, f"nothing is called {reference}")
    style = "".join(page.style)
    page.expect(not re.search(r"url\(|@import|expression|http", style), "the style loads something")
    page.expect(style.count("{") == style.count("}"), "braces of the style")
    page.expect("prefers-color-scheme:dark" in style and "@media print" in style, "no dark, no print")
    readable = "\n".join(page.text)
    for wanted in expected:
        page.expect(wanted in readable, f"not readable: {wanted!r}")
    page.expect(not re.search("[\0-\x08\x0b-\x1f\x7f]", text), "a control character")
    return page.wrong


def self_test(text):
    mistakes = [("</section>", ""), ("<main", "<mayn"), ("<caption", "<p"), (' scope="col"', ""),
                ("<h2", "<h4"), ("</head>", "<script></script></head>"), ('href="#', 'href="http://'),
                ("data:image/png", "http://a/b.png"), ("alt=", "x="), ("<td>", "<td onclick=\"x\">"),
                ("{color", "{background:url(x);color"), (' id="', ' class="'), ("</ul>", "</ol>")]
    missed = [old for old, new in mistakes
              if old not in text or not check(text.replace(old, new, 1), [])]
    if check(text, []):
        missed.append("the page itself is not sound")
    if not check(text, ["\ufffenowhere"]):
        missed.append("a text that is not there")
    return [f"not caught: {what}" for what in missed]


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        found = self_test(open(sys.argv[2], encoding="utf-8", newline="").read())
    else:
        found = check(open(sys.argv[1], encoding="utf-8", newline="").read(), sys.argv[2:])
    print("\n".join(found) or "page_check: all as expected")
    sys.exit(bool(found))
