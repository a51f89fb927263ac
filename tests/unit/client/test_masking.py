from __future__ import annotations

import pytest

from cairn.client.masking import masked, masked_arguments

SECRET = "s3cr3tValue9"


@pytest.mark.parametrize(
    "text",
    [
        f'password = "{SECRET}"',
        f"API_KEY='{SECRET}'",
        f'{{"client_secret": "{SECRET}"}}',
        f'os.environ["AWS_SECRET_ACCESS_KEY"] = "{SECRET}"',
        f'db_password: str = "{SECRET}"',
        f'connect(host="db", passwd="{SECRET}")',
        f'token = f"{SECRET}"',
        f'openai.api_key = "{SECRET}"',
        rf'"api_key = \"{SECRET}\"\n",',  # a line of a notebook
        'login("hf_AbCdEfGhIjKlMnOpQrStUvWxYz")',
        "key = AKIAIOSFODNN7EXAMPLE",
        "url = 'postgresql://me:s3cr3tValue9@db.example/x'",
        "https://ghp_abcdefghijklmnopqrstuvwxyz0123@github.com/a/b",
    ],
)
@pytest.mark.parametrize("program", [True, False])
def test_secrets_do_not_stay(text: str, program: bool) -> None:
    found = masked(text, program=program)
    assert "***" in found
    for part in (SECRET, "hf_AbC", "AKIAIOS", "ghp_abc"):
        assert part not in found


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={SECRET}",
        f"api-key: {SECRET}",
        f"+TOKEN = {SECRET}",
        f"secret: Bearer {SECRET}",
    ],
)
def test_unquoted_values_of_settings_do_not_stay(text: str) -> None:
    assert SECRET not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "tokenizer.pad_token = tokenizer.eos_token",
        'pad_token="<pad>"',
        "max_tokens = 100",
        "password = getpass.getpass()",
        'tokenizer = "bert"',
        'key = "loss"',
        "git+https://github.com/a/b@0123456789",
        "lr: 0.1",
        'password = "${PASSWORD}"',
    ],
)
def test_code_without_secrets_stays_as_it_is(text: str) -> None:
    assert masked(text, program=True) == text


def test_pem_blocks_are_masked_line_by_line_so_a_patch_keeps_its_shape() -> None:
    text = "+-----BEGIN RSA PRIVATE KEY-----\n+MIIabc\n+def==\n+-----END RSA PRIVATE KEY-----\n+x\n"
    assert masked(text) == (
        "+-----BEGIN RSA PRIVATE KEY-----\n+***\n+***\n+-----END RSA PRIVATE KEY-----\n+x\n"
    )
    assert "MIIabc" not in masked(
        'k = "-----BEGIN PRIVATE KEY-----\\nMIIabc\\n-----END PRIVATE KEY-----"'
    )
    assert "MIIabc" not in masked("-----BEGIN PRIVATE KEY-----\nMIIabc\ncut off here")


def test_arguments_lose_the_values_of_secret_options() -> None:
    given = [
        "train.py",
        "--token",
        SECRET,
        f"--api-key={SECRET}",
        "--lr",
        "0.1",
        "--password",
        "-v",
    ]
    assert masked_arguments(given) == [
        *("train.py", "--token", "***", "--api-key=***", "--lr", "0.1", "--password", "-v")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 500_000,
        "a.b-" * 100_000,
        'password="' + "\\\\" * 100_000,
        "token" * 100_000,
        "key_" * 100_000,
        "-----BEGIN X-----\n" * 20_000,
        "http://" * 50_000,
        "password:" * 50_000,
    ],
    ids=range(8),
)
def test_texts_made_to_be_slow_are_not(text: str) -> None:
    masked(text)  # one that grows with the square of its length would not end
    masked(text, program=True)
