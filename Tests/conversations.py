"""Puts many conversations into a state directory, as another server would have left them."""

import json
import random


def write_conversations(folder, count):
    """Sidecars of two to sixty messages, the last one with twenty megabytes of text. Returns how many bytes they are."""
    chance = random.Random(5)
    folder.mkdir(parents=True)
    written = 0
    for number in range(count):
        is_large = number == count - 1
        words = "x" * (20 << 20) if is_large else "words of an answer " * 8
        length = 2 * chance.randint(1, 30)
        began = 1_750_000_000 + number * 60
        messages = [{"role": ["user", "assistant"][place % 2], "content": f"{place}: {words if place == 1 or not is_large else 'short'}",
                     "timestamp": began + place} for place in range(length)]
        sidecar = {
            "session_id": f"{number:012x}", "title": f"Conversation {number}", "workspace": "/tmp", "model": "demo",
            "created_at": began, "updated_at": began + length, "pinned": False, "archived": False, "profile": "default",
            "messages": messages, "tool_calls": [],
        }
        text = json.dumps(sidecar, indent=2)
        written += len(text)
        (folder / f"{number:012x}.json").write_text(text)
    return written
