"""Country names in the larger languages, from CLDR by way of Babel. Loading them takes a second."""

from collections import defaultdict
from collections.abc import Callable, Collection
from functools import cache

from babel.core import get_global
from babel.localedata import load

_LANGUAGES = """
en es pt fr de it nl pl ru uk tr ar fa he hi bn ur pa mr gu ta te kn ml ne si id ms jv fil vi th my km lo
zh zh_Hant ja ko mn ka hy az kk ky uz be bg sr sr_Latn hr bs sl mk sq ro hu cs sk el sv nb da fi et lv lt is
ca eu gl sw am so ha yo ig zu xh af
"""
_OTHERWISE = """
US EUA/EEUU/E.U.A./EE.UU./Etats-Unis/Amerika/América/Amérique/VS/ABD/VSA/США/Америка
US 美利坚合众国/アメリカ/米国/미국
US أمريكا/امریکا
US अमेरिका/अमरीका/আমেরিকা/امریکہ/ארה״ב/ארצות הברית/สหรัฐ/Hoa Kỳ/Amerika Serikat
GB ब्रिटेन/इंग्लैंड/ব্রিটেন/برطانیہ/אנגליה/อังกฤษ/Inggris
AE الإمارات/الأمارات/امارات متحده/यूएई/متحدہ عرب امارات/Uni Emirat Arab/UEA
SA السعودية/عربستان/सऊदी/সৌদি/Saudi
KR كوريا/کره/कोरिया/Korea Selatan/Korsel/Güney Kore
IN الهند/هندوستان/هند/भारत/ভারত/بھارت/இந்தியா
GB Inglaterra/Angleterre/Inghilterra/Engeland/Großbritannien/Gran Bretaña/Grã-Bretanha/Grande-Bretagne
GB Gran Bretagna
GB Wielka Brytania/İngiltere/Англия/Британия/英格兰/英国/英國/بريطانيا/انجلترا/إنجلترا/انگلستان/VK
AE EAU/VAE/BAE/ZEA/ОАЭ/Emiratos/Emirados/Émirats/Emirate/阿联酋/阿聯酋/الامارات/امارات/Emirados Árabes
AE Emiratos Árabes
CN КНР/PRC/Chine/中国/中國/中华人民共和国/中国大陆
HK 香港/Hongkong/Hong-Kong
MO 澳门/澳門/マカオ/마카오
TW 台湾/台灣/臺灣/Taïwan/Chinese Taipei
KR Corea/Corea del Sur/Coreia/Corée/Corea del Sud/Южная Корея/Корея/南韩/南韓/한국/대한민국
RU РФ/Russie
NL Holanda/Hollande/Olanda/Holland/Голландия
CZ República Checa/République tchèque/Tschechische Republik/Repubblica Ceca/Česká republika
CZ Чешская Республика/Česko
SA KSA/K.S.A./Arabia/Саудовская Аравия/السعوديه/سعودي عرب
CI Costa de Marfil/Costa do Marfim
CD RDC/RD Congo/R.D. Congo
DO Rep. Dominicana/R. Dominicana
ZA RSA/S. Africa/Afrique du Sud
MM Birmania/Birmanie/Birmânia
VN Viet Nam/Việt Nam
CH Confoederatio Helvetica
KR Korea, Republic of/Korea, South/Korea (South)/South-Korea
KP Korea, Democratic People's Republic of/Korea, North
IR Iran, Islamic Republic of/Islamic Republic of Iran
TZ Tanzania, United Republic of/United Republic of Tanzania
VE Venezuela, Bolivarian Republic of/Bolivarian Republic of Venezuela
BO Bolivia, Plurinational State of
CD Congo, Democratic Republic of the/Congo, the Democratic Republic of/Congo, DR
LA Lao PDR/Lao People's Democratic Republic
MD Moldova, Republic of/Republic of Moldova
MK Macedonia, the former Yugoslav Republic of
SY Syrian Arab Republic
PS Palestinian Territories/State of Palestine/Palestine, State of
TW Taiwan, Province of China
GB United Kingdom of Great Britain and Northern Ireland/G.B.
TH ประเทศไทย
"""  # noqa: RUF001 - Cyrillic letters are meant
"""Names that people use besides those of CLDR."""


@cache
def country_names(supported: Collection[str], folded: Callable[[str], str]) -> dict[str, str]:
    """Return the region code of each spelling. A name of different countries in two languages is left out.

    Args:
        supported: the region codes that are wanted.
        folded: what makes spellings alike.
    """
    regions = defaultdict[str, set[str]](set)
    for language in _LANGUAGES.split():
        for region, name in load(language)["territories"].items():
            if region in supported:
                regions[folded(name)].add(region)
    names = {name: codes.pop() for name, codes in regions.items() if name and len(codes) == 1}
    for line in _OTHERWISE.strip().splitlines():
        region, _, others = line.partition(" ")
        names |= {folded(other): region for other in others.split("/")}
    return names | _three_letters(supported)


def _three_letters(supported: Collection[str]) -> dict[str, str]:
    """Return the region of each three-letter code of ISO 3166."""
    aliases = get_global("territory_aliases")
    return {
        code.casefold(): regions[0]
        for code, regions in aliases.items()
        if len(code) == 3 and code.isalpha() and len(regions) == 1 and regions[0] in supported
    }
