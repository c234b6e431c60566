"""Names of languages in English, by ISO 639 code."""

from __future__ import annotations

_NAMES = """
af Afrikaans, am Amharic, ar Arabic, as Assamese, ast Asturian, az Azerbaijani, ba Bashkir, be Belarusian, bg
Bulgarian, bn Bengali, br Breton, bs Bosnian, ca Catalan, ceb Cebuano, ckb Central Kurdish, cs Czech, cv
Chuvash, cy Welsh, da Danish, de German, dv Dhivehi, el Greek, en English, eo Esperanto, es Spanish, et
Estonian, eu Basque, fa Persian, ff Fula, fi Finnish, fil Filipino, fr French, fy Frisian, ga Irish, gl
Galician, gn Guarani, gu Gujarati, ha Hausa, he Hebrew, hi Hindi, hr Croatian, hsb Upper Sorbian, hu Hungarian,
hy Armenian, ia Interlingua, id Indonesian, ig Igbo, is Icelandic, it Italian, ja Japanese, jv Javanese, ka
Georgian, kab Kabyle, kam Kamba, kea Kabuverdianu, kk Kazakh, km Khmer, kn Kannada, ko Korean, ku Kurdish, ky
Kyrgyz, la Latin, lb Luxembourgish, lg Ganda, ln Lingala, lo Lao, lt Lithuanian, luo Luo, lv Latvian, mg
Malagasy, mi Maori, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese, nb
Norwegian, ne Nepali, nl Dutch, nn Norwegian Nynorsk, no Norwegian, nso Northern Sotho, ny Nyanja, oc Occitan,
om Oromo, or Odia, pa Punjabi, pl Polish, ps Pashto, pt Portuguese, rm Romansh, ro Romanian, ru Russian, rw
Kinyarwanda, sd Sindhi, si Sinhala, sk Slovak, sl Slovenian, sn Shona, so Somali, sq Albanian, sr Serbian, sv
Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai, ti Tigrinya, tk Turkmen, tl Tagalog, tr Turkish, tt
Tatar, ug Uyghur, uk Ukrainian, umb Umbundu, ur Urdu, uz Uzbek, vi Vietnamese, wo Wolof, xh Xhosa, yo Yoruba,
yue Cantonese, zh Mandarin, cmn Mandarin, zu Zulu
"""
NAMES = {code: name for code, _, name in (" ".join(part.split()).partition(" ") for part in _NAMES.split(","))}


def language_name(code: str) -> str:
    """Return a language's name; of a code that is not known, a phrase that states the code."""
    tag = code.strip().replace("_", "-")
    known = NAMES.get(tag.casefold()) or NAMES.get(tag.partition("-")[0].casefold())
    return known or f"a language with the code {tag}"
