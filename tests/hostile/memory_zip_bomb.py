# A zip archive whose member is enormous.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import io
import zipfile

file = io.BytesIO()
with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("bomb", "w") as member:
        for _ in range(256):
            member.write(bytes(2**20))
zipfile.ZipFile(file).read("bomb")
