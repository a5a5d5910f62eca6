"""A WebRTC peer by aiortc: watches the camera at a URL, and tells what happens as lines of JSON.

Lines of standard input are commands: "close" ends the connection as a program does that leaves.
"""

import asyncio
import json
import sys
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription


def say(**facts):
    print(json.dumps(facts), flush=True)


def post(url, sdp):
    request = urllib.request.Request(url, sdp.encode(), {"Content-Type": "application/sdp"}, method="POST")
    with urllib.request.urlopen(request) as response:
        return response.headers["Location"], response.read().decode()


async def read(track):
    try:
        while True:
            frame = await track.recv()
            say(pts=frame.pts, width=frame.width)
    except Exception as error:
        say(end=type(error).__name__)


async def main(url):
    loop = asyncio.get_running_loop()
    peer = RTCPeerConnection()
    peer.addTransceiver("video", direction="recvonly")
    peer.on("track", lambda track: asyncio.ensure_future(read(track)))
    peer.on("connectionstatechange", lambda: say(state=peer.connectionState))
    await peer.setLocalDescription(await peer.createOffer())
    location, answer = await loop.run_in_executor(None, post, url, peer.localDescription.sdp)
    say(location=location)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    command = None
    while command not in ("close\n", ""):
        command = await loop.run_in_executor(None, sys.stdin.readline)
    await peer.close()


asyncio.run(main(sys.argv[1]))
