"""Texts that break programs: after the Big List of Naughty Strings, and what PostgreSQL, HTML and spreadsheets fear."""

NAUGHTY = [
    *("", " ", "\t\n\r", "\x00", "a\x00b", "\x7f\x80\x9f", "\ufeff", "\u200b\u200c\u200d", "\u2028\u2029", "\u00a0"),
    *("undefined", "null", "None", "NaN", "Infinity", "true", "0", "-1", "1e999", "0x0", "9" * 40, "1/0", "٣٤٥"),
    *("표 찦차", "-0", "２０２６", "1_000", "²", "½", "−5", "+5", "2026-13-45", "0001-01-01T00:00:00+23:59", "25:61"),
    *("Ω≈ç√∫˜µ≤≥÷", "ЁЂЃЄЅІЇ", "田中さんにあげて下さい", "社會科學院語學研究所", "晨曦股份有限公司", "𠜎𠜱𠝹𠱓", "ﷺ"),
    *("بولندا، الإطلاق", "בְּרֵאשִׁית", "test\u202etset\u202c", "\u2066a\u2069", "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤", "İıſK", "ß", "ǅ", "ﬁ"),
    *("😍", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇹🇼", "👾" * 300, "e\u0301", "\u0301" * 50, "\U0010ffff", "\ufffe\uffff"),
    *("\ufdd0", "\ue000", "\ud800", "\udfff", "a\udc80b", "\ud83d", "\udc4d\ud83d"),
    *("'", '"', "''", "\\", "\\'", "`", "'; DROP TABLE customers_customer; --", "' OR 1=1 --", "1) OR (1=1"),
    *("%", "_", "%%", "%s%d%n", "%(name)s", "{0}", "{name.__class__}", "${7*7}", "#{7*7}", "{{ 7|add:7 }}", "{% x %}"),
    *("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'onmouseover='alert(1)", "javascript:alert(1)"),
    *("</title></textarea></script><svg onload=alert(1)>", "&lt;b&gt;", "&#0;", "<!--", "]]>", "<b"),
    *("=1+1", "@SUM(A1)", "+1-1|cmd", "-2+3+cmd|' /C calc'!A0", "\t=1", "＝1+1"),
    *("../../../etc/passwd", "..\\..\\boot.ini", "file:///etc/passwd", "//evil.example"),
    *("/\\evil.example", "http://169.254.169.254/", "<%= 7 %>"),
    *("CON", "nul.txt", "$(touch /tmp/x)", "`id`", "; ls", "| cat", "\r\nX-Injected: yes", "a@b\r\nBcc: c@d", "()"),
    *("*?[]^$.|+", "__proto__", "constructor", "_connector", "id__gt", "pk__in", "[object Object]", '{"a":1}', "#"),
    *("{# x", "[[[[", "a[]=1", "&x=y", ";"),
    *("x" * 300, "x" * 20_000, "晨" * 5_000, "a " * 5_000, "," * 500, "\n" * 2_000, "(" * 3_000, "é" * 256),
]  # fmt: skip
