# No network.
# options: --fuel 100M
# expect: exception - 1
# stderr: Error
import socket

socket.create_connection(("127.0.0.1", 80))
