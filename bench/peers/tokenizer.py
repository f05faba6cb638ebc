"""Writes a tokenizer that needs no network: one token a word, as the golden server counts.

A word is what stands between blanks, whether the vocabulary knows it or not, so a client that
counts by tokenising gets the server's own number. The thousand known words are there because some
clients make prompts by drawing ids and decoding them.
"""

import json
import os

WORDS = 1000
SPECIAL = ("<unk>", "<s>", "</s>", "<pad>")


def vocabulary():
    words = list(SPECIAL) + [f"w{i:03d}" for i in range(WORDS)]
    return {word: number for number, word in enumerate(words)}


def tokenizer():
    special = [
        {"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for number, word in enumerate(SPECIAL)
    ]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": None, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary(), "unk_token": SPECIAL[0]},
    }


def settings():
    template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
    return {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 1000000,
        "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
        "clean_up_tokenization_spaces": False, "chat_template": template,
    }


def write(folder):
    os.makedirs(folder, exist_ok=True)
    for name, content in (("tokenizer.json", tokenizer()), ("tokenizer_config.json", settings())):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
