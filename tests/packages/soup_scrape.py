# packages: beautifulsoup4 soupsieve typing_extensions
from bs4 import BeautifulSoup

html = """<html><head><title>Shop</title></head><body><div id=main class="a b"><p>One<p>Two <b>bold</b>
<ul><li data-n=1>x<li data-n=2>y</ul><a href="/x?y=1&amp;z=2">link</a></div></body>"""
soup = BeautifulSoup(html, "html.parser")
print(soup.title.string, soup.find(id="main")["class"], [p.get_text(strip=True) for p in soup.find_all("p")])
print([li["data-n"] for li in soup.select("ul > li[data-n]")], soup.select_one("a[href^='/x']")["href"], soup.a.parent.name)
soup.b.replace_with("plain")
soup.ul.insert_before(soup.new_tag("hr", attrs={"class": "line"}))
print(soup.prettify())
