"""Labels of WNUT 2017 as transformers' examples compute them (run_ner.py with label_all_tokens=False).

python labels.py TOKENIZERS WNUT17   prints tokenizer, file and a SHA-256 of a line for each sentence: token ids, a tab,
                                     and the label of each token (-100: ignored)

WordLabelsTest has the values of transformers 5.18 and tokenizers 0.23.
"""

import hashlib
import sys

import transformers


def sentences(file):
    words, tags = [], []
    with open(file, encoding="utf8", newline="\n") as lines:
        for line in lines:
            if line.strip():
                word, tag = line.rstrip("\n").split("\t")
                words.append(word)
                tags.append(tag)
            elif words:
                yield words, tags
                words, tags = [], []
    if words:
        yield words, tags


def labels(encoding, tags, ids):
    previous = None
    for word in encoding.word_ids():
        yield -100 if word is None or word == previous else ids[tags[word]]
        previous = word


folder, data = sys.argv[1:]
types = sorted({tag[2:] for _, tags in sentences(data + "/train.conll") for tag in tags} - {""})
ids = {tag: i for i, tag in enumerate(["O"] + [prefix + kind for kind in types for prefix in ("B-", "I-")])}
for name, kind, options in (
    ("bert-base-uncased", "AutoTokenizer", {}),
    ("gpt2", "GPT2TokenizerFast", dict(add_prefix_space=True)),
):
    tokenizer = getattr(transformers, kind).from_pretrained(folder + "/" + name, **options)
    for split in ("train", "dev", "test"):
        digest = hashlib.sha256()
        for words, tags in sentences(data + "/" + split + ".conll"):
            encoding = tokenizer(words, is_split_into_words=True)
            row = " ".join(map(str, encoding["input_ids"])) + "\t" + " ".join(map(str, labels(encoding, tags, ids)))
            digest.update((row + "\n").encode())
        print(name, split, digest.hexdigest())
