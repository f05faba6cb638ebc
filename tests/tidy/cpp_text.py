"""What the house rules need to know of a C++ text: code without comments and strings, functions."""

import re

TOKEN = re.compile(
    r"""(?P<raw>R"(?P<tag>[^()\s\\]{0,16})\((?s:.*?)\)(?P=tag)")
      | (?P<line>//[^\n]*)
      | (?P<block>/\*(?s:.*?)\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.VERBOSE,
)
CONTAINER = re.compile(
    r"^(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum)\b", re.S
)


def blank(text):
    """The text with the inside of comments, strings and characters made blank, line by line alike.

    Quotes stay, so that an include can still be told; the includes' own text is kept too.
    """

    def replace(match):
        found = match[0]
        kept = re.sub(r"[^\n]", " ", found)
        if match["line"] or match["block"]:
            return kept
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if match["string"] and re.fullmatch(r"\s*#\s*include\s*", before):
            return found
        return found[0] + kept[1:-1] + found[-1]

    return TOKEN.sub(replace, text)


def functions(text):
    """(name, first line, lines) of every function body outside other functions.

    A body counts from the line of its opening brace to the line of its closing one.
    """
    # Preprocessor lines go, their line ends stay.
    code = re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda m: "\n" * m[0].count("\n"),
        blank(text),
        flags=re.M,
    )
    found = []
    stack = []  # True for a container (namespace, class), False for anything else.
    head = ""
    line = 1
    start = None
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            before = strip_access(head)
            opens_container = not before or bool(CONTAINER.match(before))
            outside = all(stack)
            if outside and not opens_container and "(" in head:
                start = (function_name(head), line, len(stack))
            stack.append(opens_container)
            head = ""
        elif char == "}":
            if stack:
                stack.pop()
            if start is not None and len(stack) == start[2]:
                found.append((start[0], start[1], line - start[1] + 1))
                start = None
            head = ""
        elif char == ";" and (not stack or stack[-1]):
            head = ""
        else:
            head += char
    return found


def strip_access(head):
    """The head of a declaration without what may stand before it: access labels, `extern "C"`."""
    return re.sub(r"^(?:\s|(?:public|private|protected)\s*:(?!:)|extern\s*\"\s*\")*", "", head)


def function_name(head):
    head = head.strip()
    test = re.match(r"(TEST(?:_[FP])?)\s*\(([^)]*)\)", head)
    if test:
        return f"{test[1]}({', '.join(part.strip() for part in test[2].split(','))})"
    match = re.search(r"([A-Za-z_~][\w:~]*|operator\s*\S+?)\s*\(", head)
    return match[1] if match else "?"
