"""Creates small tokenizers, and encodes texts with AutoTokenizer.

    python peer.py make DIR      writes one folder per tokenizer, and texts.json
    python peer.py encode DIR    writes expected.json: the ids of all texts by folder, or the error
"""
import json
import os
import random
import sys
import unicodedata

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "critical"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

CORPUS = """The bridge over the river was closed because of the storm, wasn't it? US companies told us so.
Les élèves français étaient très étonnés par le naïf café de l'hôtel. Über die Brücke fährt der Zug nach Köln.
It's 1,234.50 dollars (about 12 %), said Mr. O'Neil; don't you think that's expensive? E-mail: me@example.com
中文 和 日本語 テスト 한국어 слова и буквы ελληνικά γράμματα ΣΑΣ straße STRASSE
the the the room rooms roomy bridge bridges river rivers closed closing storm stormy company companies
def f(x): return x ** 2  # code\tand tabs   and spaces
""" * 3


def texts():
    odd = [
        "", " ", "  ", "\n", "\t", "a", "A", " a", "a ", "the room", "The  Room", "US", "us", "Us", "unaffable",
        "wasn't", "don't you", "it's Mr. O'Neil's", "1234567", "1,234.50", "12%", "me@example.com", "E-mail:",
        "caf\u00e9", "cafe\u0301", "CAF\u00c9", "na\u00efve", "\u00c5ngstr\u00f6m", "stra\u00dfe", "STRASSE", "\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2",
        "\u0130stanbul", "\u0131", "\ufb01ne", "\u00bd", "\u2460", "\u4e2d\u6587", "\u4e2d the \u6587", "\u65e5\u672c\u8a9e\u30c6\u30b9\u30c8", "\ud55c\uad6d\uc5b4",
        "\u0441\u043b\u043e\u0432\u0430", "\U0001f600", "a\U0001f468\u200d\U0001f469\u200d\U0001f467b", "\U0001f1e9\U0001f1ea", "a\u0300\u0301\u0302", "\u200b", "a\u200bb", "a\u00adb", "a\u00a0b",
        "\u00a0", "\u3000", "a\u3000b", "\ufeffa", "\ufffd", "a\u0000b", "\u0001", "\u0085", "a\u2028b", "\u202eabc", "\uf8ff",
        "[CLS]", "[SEP] a", "a [MASK] b", "a[MASK]b", "[mask]", "[UNK]", "[PAD]", "[E1] the room", "the[E1]room", "[e1]",
        "<s>", "</s> a", "a <mask> b", "a<mask>b", "<pad>", "<unk>", "<|endoftext|>", "a<|endoftext|>b", "a <|endoftext|> b",
        "<q>", "a <q> b", "a<q>b", "<q><q>", "  <q>  the", "<r> room", "room<r> ", "##s", "a##s", "\u0120a", "\u2581the", "_the",
        "def f(x): return x ** 2", "a\tb\nc", "a\r\nb", "  leading", "trailing  ", "...", "!?", "(a)", "\u201equoted\u201c", "\u2014", "a--b",
        "x" * 99, "x" * 101, "the " * 40, "ab" * 60, "\u00e9" * 30, "0" * 20, "http://a.b/c?d=e&f=g#h", "C:\\dir\\file", "\"\\\"\"",
        "{\"k\": [1, null]}", "<b>bold</b>", "&amp;", "'s 't 're 've 'm 'll 'd", "'S 'T", "a'b", "\u2019s", "I\u2019m", "Foo", "foo Foo FOO", "foobar",
    ]
    alphabet = list("abcdeorsTU .,'-\n12") + [
        "the", " the", "room", " US", "\u00e9", "e\u0301", "\u00df", "\u4e2d", "\u3042", "\uac00", "\u0430", "\u0661", "\U0001f600", "\u200d", "\u00a0",
        "\u0000", "[MASK]", "<mask>", "<q>", "<r>", "[E1]", "<|endoftext|>", "<s>", "##", "\u0120", "\u2581", "Foo", "\t", "  ",
    ]
    random.seed(17)
    while len(odd) < 330:
        odd.append("".join(random.choice(alphabet) for _ in range(random.randint(1, 12))))
    return odd


def write(folder, name, files):
    path = os.path.join(folder, name)
    os.makedirs(path)
    for file, content in files.items():
        with open(os.path.join(path, file), "w", encoding="utf-8", newline="") as out:
            out.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))


def token(content, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


def make(folder):
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from tokenizers import AddedToken

    lines = CORPUS.split("\n")
    bert = {"model_type": "bert"}
    gpt2 = {"model_type": "gpt2"}
    roberta = {"model_type": "roberta"}
    fast = {"tokenizer_class": "PreTrainedTokenizerFast"}
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    def trained(model, trainer, normalizer=None, pre=None, post=None, decoder=None):
        tokenizer = Tokenizer(model)
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre:
            tokenizer.pre_tokenizer = pre
        tokenizer.train_from_iterator(lines, trainer)
        if post:
            tokenizer.post_processor = post
        if decoder:
            tokenizer.decoder = decoder
        return json.loads(tokenizer.to_str())

    def pieces(**options):
        return trained(
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer(vocab_size=220, special_tokens=specials, show_progress=False),
            normalizers.BertNormalizer(**options), pre_tokenizers.BertPreTokenizer(),
            decoder=decoders.WordPiece(prefix="##"))

    def vocab(tokenizer, extra=""):
        ids = tokenizer["model"]["vocab"]
        return "\n".join(sorted(ids, key=ids.get)) + "\n" + extra

    uncased = pieces(lowercase=True)
    cased = pieces(lowercase=False)
    for name in ("uncased", "cased"):
        assert len((uncased if name == "uncased" else cased)["model"]["vocab"]) > 150
    write(folder, "bert-vocab", {"config.json": bert, "vocab.txt": vocab(uncased)})
    write(folder, "bert-vocab-crlf", {"config.json": bert, "vocab.txt": vocab(uncased).replace("\n", "\r\n")})
    write(folder, "bert-cased", {"config.json": bert, "vocab.txt": vocab(cased), "tokenizer_config.json": {
        "do_lower_case": False, "model_max_length": 64}})
    write(folder, "bert-accents", {"config.json": bert, "vocab.txt": vocab(uncased), "tokenizer_config.json": {
        "strip_accents": False}})
    write(folder, "bert-strip-cased", {"config.json": bert, "vocab.txt": vocab(cased), "tokenizer_config.json": {
        "do_lower_case": False, "strip_accents": True, "tokenizer_class": "BertTokenizerFast"}})
    write(folder, "bert-chinese", {"config.json": bert, "vocab.txt": vocab(uncased), "tokenizer_config.json": {
        "tokenize_chinese_chars": False}})
    size = len(uncased["model"]["vocab"])
    write(folder, "bert-added", {"config.json": bert, "vocab.txt": vocab(uncased), "added_tokens.json": {
        "[E1]": size, "<q>": size + 1}, "special_tokens_map.json": {"additional_special_tokens": ["<q>"]}})
    write(folder, "bert-renamed", {
        "config.json": bert, "vocab.txt": vocab(uncased).replace("[CLS]", "<s>").replace("[UNK]", "<unk>"),
        "special_tokens_map.json": {"cls_token": "<s>", "unk_token": {"content": "<unk>", "lstrip": True}}})
    decoder = {str(i): token(t) for i, t in enumerate(specials)}
    decoder[str(size)] = token("<q>", lstrip=True)
    decoder[str(size + 1)] = token("<r>", rstrip=True, single_word=True)
    decoder[str(size + 2)] = token("Foo", special=False, normalized=True)
    write(folder, "bert-decoder", {"config.json": bert, "vocab.txt": vocab(uncased), "tokenizer_config.json": {
        "added_tokens_decoder": decoder, "additional_special_tokens": ["<q>"], "tokenizer_class": "BertTokenizer"}})
    write(folder, "bert-flags", {"config.json": bert, "tokenizer.json": uncased, "tokenizer_config.json": {
        **fast, "cls_token": token("<q>", single_word=True, __type="AddedToken"), "mask_token": token(
            "<q>", __type="AddedToken"), "added_tokens_decoder": {"4": token("[MASK]", single_word=True)}}})
    write(folder, "bert-json", {"config.json": bert, "tokenizer.json": uncased})
    write(folder, "bert-json-cased", {"config.json": bert, "tokenizer.json": cased, "tokenizer_config.json": {
        "do_lower_case": False, "tokenizer_class": "BertTokenizer"}})
    write(folder, "bert-json-overridden", {"config.json": bert, "tokenizer.json": cased})
    with_post = dict(cased, post_processor={"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})
    write(folder, "bert-as-is", {"config.json": bert, "tokenizer.json": with_post, "tokenizer_config.json": {
        **fast, "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": {"__type": "AddedToken", **token(
            "<mask>", lstrip=True)}, "extra_special_tokens": ["<q>", "<r>"]}})

    def byte_level(initial, prefix=False, normalizer=None):
        return trained(
            models.BPE(), trainers.BpeTrainer(vocab_size=400, special_tokens=initial, show_progress=False,
                                              initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
            normalizer, pre_tokenizers.ByteLevel(add_prefix_space=prefix), decoder=decoders.ByteLevel())

    pairs = byte_level(["<|endoftext|>"])
    marked = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    lists = "#version: 0.2\n" + "\n".join(" ".join(m) for m in pairs["model"]["merges"]) + "\n"
    slow = {"vocab.json": pairs["model"]["vocab"], "merges.txt": lists}
    marked_lists = "#version: 0.2\n" + "\n".join(" ".join(m) for m in marked["model"]["merges"]) + "\n"
    marked_slow = {"vocab.json": marked["model"]["vocab"], "merges.txt": marked_lists}
    write(folder, "gpt2-vocab", {"config.json": gpt2, **slow})
    write(folder, "gpt2-prefix", {"config.json": gpt2, **slow, "tokenizer_config.json": {"add_prefix_space": True}})
    write(folder, "gpt2-bos", {"config.json": gpt2, **slow, "tokenizer_config.json": {
        "add_bos_token": True, "pad_token": "<q>", "tokenizer_class": "GPT2Tokenizer"}})
    write(folder, "gpt2-added", {"config.json": gpt2, **slow, "added_tokens.json": {
        "<q>": len(pairs["model"]["vocab"]), "[E1]": len(pairs["model"]["vocab"]) + 1},
        "special_tokens_map.json": {"pad_token": "<q>", "eos_token": token("<|endoftext|>", lstrip=True)}})
    write(folder, "gpt2-json", {"config.json": gpt2, "tokenizer.json": {
        **pairs, "truncation": {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": None, "pad_id": 3,
                    "pad_type_id": 0, "pad_token": "<|endoftext|>"}}})
    write(folder, "gpt2-json-overridden", {"config.json": gpt2, "tokenizer.json": byte_level(
        ["<|endoftext|>"], True, normalizers.Lowercase())})
    write(folder, "gpt2-as-is", {"config.json": gpt2, "tokenizer.json": byte_level(
        ["<|endoftext|>"], True, normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])),
        "tokenizer_config.json": {**fast, "eos_token": "<|endoftext|>"}})
    write(folder, "roberta-vocab", {"config.json": roberta, **marked_slow})
    write(folder, "roberta-prefix", {"config.json": roberta, **marked_slow, "tokenizer_config.json": {
        "add_prefix_space": True, "trim_offsets": False, "mask_token": {"__type": "AddedToken", **token(
            "<mask>", lstrip=True)}}})
    masked = json.loads(json.dumps(marked))
    masked["added_tokens"][4]["lstrip"] = True
    write(folder, "roberta-json", {"config.json": roberta, "tokenizer.json": masked, "tokenizer_config.json": {
        "tokenizer_class": "RobertaTokenizer"}})

    def unigram(normalizer, fallback):
        initial = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256) if fallback]
        tokenizer = trained(
            models.Unigram(), trainers.UnigramTrainer(vocab_size=500 if fallback else 260, unk_token="<unk>",
                                                      special_tokens=initial, show_progress=False),
            normalizer, pre_tokenizers.Metaspace(),
            processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1",
                                          special_tokens=[("<s>", 1), ("</s>", 2)]), decoders.Metaspace())
        tokenizer["model"]["byte_fallback"] = fallback
        if fallback:
            tokenizer["added_tokens"] = tokenizer["added_tokens"][:3]
        return tokenizer

    write(folder, "unigram", {"tokenizer.json": unigram(normalizers.NFKC(), False), "tokenizer_config.json": {
        **fast, "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"}})
    write(folder, "unigram-bytes", {"tokenizer.json": unigram(normalizers.Sequence([
        normalizers.Replace("``", "\""), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]), True),
        "tokenizer_config.json": {"tokenizer_class": "TokenizersBackend"}})
    words = trained(models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(
        vocab_size=120, special_tokens=["[UNK]", "<s>", "</s>"], show_progress=False),
        normalizers.Sequence([normalizers.NFC(), normalizers.Strip()]), pre_tokenizers.Whitespace(),
        processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B:1", special_tokens=[("<s>", 1)]))
    write(folder, "words", {"tokenizer.json": words, "tokenizer_config.json": {**fast, "unk_token": "[UNK]"}})
    suffix = trained(models.BPE(unk_token="<unk>", fuse_unk=True, end_of_word_suffix="</w>"), trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False),
        normalizers.NFD(), pre_tokenizers.WhitespaceSplit(), decoder=decoders.BPEDecoder())
    write(folder, "bpe-suffix", {"tokenizer.json": suffix, "tokenizer_config.json": {**fast, "unk_token": "<unk>"}})
    prefixed = trained(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>"], continuing_subword_prefix="##", show_progress=False),
        None, pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"\d+|[^\w\s]"), "isolated"),
                                       pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True)]))
    write(folder, "bpe-prefix", {"tokenizer.json": prefixed, "tokenizer_config.json": fast})
    flags = Tokenizer.from_str(json.dumps(words))
    flags.add_tokens([AddedToken("Foo", single_word=True), AddedToken("<q>", lstrip=True, rstrip=True),
                      AddedToken("[E1]", normalized=False), AddedToken("room", single_word=True)])
    flags.add_special_tokens([AddedToken("<r>", rstrip=True, special=True)])
    write(folder, "words-added", {"tokenizer.json": json.loads(flags.to_str()), "tokenizer_config.json": {
        **fast, "unk_token": "[UNK]", "pad_token": "[PAD]"}})
    punctuation = dict(words, pre_tokenizer={"type": "Sequence", "pretokenizers": [
        {"type": "CharDelimiterSplit", "delimiter": " "}, {"type": "Punctuation", "behavior": "MergedWithPrevious"},
        {"type": "UnicodeScripts"}]})
    write(folder, "words-punctuation", {"tokenizer.json": punctuation, "tokenizer_config.json": {
        **fast, "unk_token": "[UNK]"}})

    write(folder, "refused-class", {"config.json": bert, "vocab.txt": vocab(uncased), "tokenizer_config.json": {
        "tokenizer_class": "BertJapaneseTokenizer"}})
    write(folder, "refused-no-unknown", {"config.json": bert, "vocab.txt": vocab(uncased).replace("[UNK]", "zz")})
    write(folder, "bert-no-cls", {"config.json": bert, "vocab.txt": vocab(uncased).replace("[CLS]", "zz")})
    write(folder, "refused-gap", {"config.json": bert, "vocab.txt": vocab(uncased), "added_tokens.json": {
        "[E1]": size + 50}})
    write(folder, "refused-type", {"config.json": {"model_type": "llama"}, "tokenizer.json": pairs})
    write(folder, "refused-blank-merge", {"config.json": gpt2, **slow, "merges.txt": lists + "\n\n"})
    write(folder, "refused-option", {"config.json": bert, "vocab.txt": vocab(uncased), "tokenizer_config.json": {
        "split_special_tokens": True}})
    with open(os.path.join(folder, "texts.json"), "w", encoding="utf-8") as out:
        json.dump(texts(), out)


def encode(folder):
    from transformers import AutoTokenizer

    with open(os.path.join(folder, "texts.json"), encoding="utf-8") as file:
        all_texts = json.load(file)
    expected = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            continue
        try:
            tokenizer = AutoTokenizer.from_pretrained(path)
            expected[name] = {"ids": [tokenizer(text)["input_ids"] for text in all_texts],
                              "inputs": tokenizer.model_input_names, "max": min(tokenizer.model_max_length, 10**9)}
        except BaseException as e:  # PanicException is not an Exception
            if isinstance(e, KeyboardInterrupt):
                raise
            expected[name] = {"error": f"{type(e).__name__}: {e}"[:300]}
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as out:
        json.dump(expected, out, separators=(",", ":"))


if __name__ == "__main__":
    {"make": make, "encode": encode}[sys.argv[1]](sys.argv[2])
