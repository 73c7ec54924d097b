"""A plugin as a user of the original design would write it: it knows nothing of the bridge but its
subjects. It answers `!ping` by publishing, `!ask` by a request whose reply it says on its standard
output, and ends with the line `!quit`. Run as `subscriber.py URL`.
"""

import asyncio
import json
import sys

import nats

SEND_CHAT = "rosey.platform.cytube.send.chat"


async def main(url):
    bus = await nats.connect(url)
    quit_asked = asyncio.get_running_loop().create_future()

    async def on_message(message):
        event = json.loads(message.data)
        data = event["data"]
        username, text = data["user"]["username"], data["message"]["text"]
        if text == "!ping":
            answer = {"channel": event["channel"], "message": f"pong {username}"}
            await bus.publish(SEND_CHAT, json.dumps(answer).encode())
        elif text == "!ask":
            answer = {"channel": event["channel"], "message": "asked", "correlation_id": "py-1"}
            reply = await bus.request(SEND_CHAT, json.dumps(answer).encode(), timeout=20)
            print("reply", json.dumps(json.loads(reply.data)), flush=True)
        elif text == "!quit" and not quit_asked.done():
            quit_asked.set_result(None)

    await bus.subscribe("rosey.events.message", cb=on_message)
    await bus.flush()
    print("ready", flush=True)
    await quit_asked
    await bus.drain()


asyncio.run(main(sys.argv[1]))
