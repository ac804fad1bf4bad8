"""Composes a message with attachments and reads it back; mailboxes, addresses, MIME types."""
import email
import mailbox
import mimetypes
import os
import tempfile
from datetime import datetime, timezone
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parsedate_to_datetime, quote

message = EmailMessage(policy=policy.SMTP)
message["Subject"] = "Grüße aus Köln – a rather long subject line that has to be folded somewhere in the middle"
message["From"] = Address("Ann Müller", "ann", "example.org")
message["To"] = "Bob <bob@example.com>, carol@example.net"
message["Date"] = datetime(2024, 2, 29, 12, 0, tzinfo=timezone.utc)
message["Message-ID"] = "<1@example.org>"
message.set_content("Hello,\nsee the table. ☃\n" + "long " * 30 + "\n")
message.add_alternative("<p>Hello, <b>see</b> the table.</p>", subtype="html")
message.add_attachment(b"a,b\r\n1,2\r\n", maintype="text", subtype="csv", filename="täble.csv")
message.set_boundary("=outer=")
message.get_payload()[0].set_boundary("=inner=")
raw = message.as_bytes()
print(raw.decode("ascii").replace("\r\n", "\n"))

parsed = email.message_from_bytes(raw, policy=policy.default)
print(parsed["subject"], parsed["from"].addresses[0].display_name, [str(address) for address in parsed["to"].addresses])
print(parsed["date"].datetime.isoformat(), parsed.get_content_type(), parsed.is_multipart())
print(parsed.get_body(("plain",)).get_content().splitlines()[1], parsed.get_body(("html",)).get_content().strip())
for part in parsed.walk():
    print(" ", part.get_content_type(), part.get_filename(), part.get_content_charset())
attachment = next(parsed.iter_attachments())
print(attachment.get_content() if attachment.get_content_maintype() == "text" else None, attachment.get_content_disposition())

broken = email.message_from_string("Subject: =?utf-8?q?caf=C3=A9?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhalf", policy=policy.default)
print(broken["subject"], [type(defect).__name__ for defect in broken.defects], broken["missing"])
box = mailbox.mbox(os.path.join(tempfile.gettempdir(), "box.mbox"))
box.add(parsed)
box.add("Subject: second\n\nFrom here\n")
box.flush()
print(len(box), [entry["subject"][:10] for entry in box], box[1].get_payload())
box.close()
print(getaddresses(['"Doe, Jane" <jane@x.org>, plain@y.org']), quote('a"b'), format_datetime(parsedate_to_datetime("Thu, 29 Feb 2024 12:00:00 +0100")))
print([mimetypes.guess_type(name) for name in ("a.html", "b.tar.gz", "c.png", "d.unknown")], mimetypes.guess_extension("application/json"))
