"""A mail server that says yes as fast as it can: `python -m benchmarks.sink` prints its port."""

import socketserver


class Yes(socketserver.StreamRequestHandler):
    """One dialogue."""

    def handle(self) -> None:
        """Commands until QUIT."""
        say = self.wfile.write
        say(b"220 sink\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"EHLO":
                say(b"250-sink\r\n250 8BITMIME\r\n")
            elif word == b"DATA":
                say(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                say(b"250 OK\r\n")
            elif word == b"QUIT":
                say(b"221 bye\r\n")
                return
            else:
                say(b"250 OK\r\n")


class Server(socketserver.ThreadingTCPServer):
    """A thread a connection."""

    allow_reuse_address = daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Yes) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
