"""Other spellings of the painters' names, under which a search finds their styles."""

from __future__ import annotations

import unicodedata

# By the painter's name in the library: how else Chinese writes it.
CHINESE = {
    "albrecht-durer": "杜勒",
    "alfred-sisley": "希斯里",
    "amedeo-modigliani": "莫蒂里安尼 莫迪里阿尼",
    "andrei-rublev": "卢布廖夫",
    "claude-monet": "莫内",
    "diego-velazquez": "委拉斯凯兹 委拉斯贵支",
    "edgar-degas": "窦加",
    "edouard-manet": "马内",
    "el-greco": "格雷考 葛雷柯",
    "eugene-delacroix": "德拉克洛瓦",
    "francisco-goya": "哥雅",
    "georges-seurat": "秀拉",
    "gustav-klimt": "克林姆",
    "gustave-courbet": "古斯塔夫·库尔贝",
    "henri-de-toulouse-lautrec": "罗特列克 劳特累克 劳特雷克",
    "henri-rousseau": "卢骚",
    "hieronymus-bosch": "波希 博世",
    "jan-van-eyck": "范艾克 凡艾克 范·艾克",
    "leonardo-da-vinci": "达文西 达芬奇 莱昂纳多",
    "michelangelo": "米开朗基罗",
    "peter-paul-rubens": "鲁宾斯",
    "pierre-auguste-renoir": "雷诺瓦",
    "pieter-bruegel": "布鲁盖尔 布勒哲尔",
    "raphael": "拉菲尔",
    "rembrandt": "林布兰",
    "sandro-botticelli": "波提且利 波提切里",
    "titian": "提齐安诺",
    "vincent-van-gogh": "凡高 梵谷 凡·高",
    "william-turner": "特纳 泰纳",
}


def searched(*texts: str) -> str:
    """Texts as a search compares them: in small letters, without accents, hyphens and middle dots also as
    spaces and as nothing."""
    text = unicodedata.normalize("NFD", " ".join(texts).lower())
    plain = "".join(each for each in text if not unicodedata.combining(each))
    return " ".join(dict.fromkeys((plain, *(_without(plain, by) for by in (" ", "")))))


def _without(text: str, by: str) -> str:
    return text.replace("-", by).replace("·", by)
