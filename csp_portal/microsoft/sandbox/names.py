"""Names of companies that do not exist, in the languages our partners' customers speak."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyName:
    """A company as its own people write it, and the same in letters that a domain may carry."""

    name: str
    slug: str
    country: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tongue:
    """How companies are called in one language; stems and trades are words of "name|slug", places are such pairs."""

    country: str
    shape: str
    stems: str
    trades: str
    places: tuple[str, ...]


TAIWAN = Tongue(
    country="TW",
    shape="{place}{stem}{trade}股份有限公司",
    stems="""
        晨曦|chenxi 海峰|haifeng 禾沐|hemu 青田|qingtian 瑞嘉|ruijia 明澤|mingze 松岳|songyue 立恆|liheng
        雲杉|yunshan 沐川|muchuan 凱昇|kaisheng 藍灣|lanwan 銘遠|mingyuan 德霖|delin 嵐谷|langu 信望|xinwang
        錦和|jinhe 承陽|chengyang 星野|xingye 竹風|zhufeng
    """,
    trades="""
        精密工業|precision 生技|biotech 國際物流|logistics 建設|construction 食品|foods 電子|electronics
        紡織|textile 資訊|systems 醫療器材|medical 室內設計|interiors 貿易|trading 綠能|greenenergy
    """,
    places=("", "高雄|kaohsiung", "台中|taichung", "新竹|hsinchu", "台南|tainan", "花蓮|hualien"),
)
GERMANY = Tongue(
    country="DE",
    shape="{stem} {trade} {place}GmbH",
    stems="""
        Brandt|brandt Lindenau|lindenau Küstermann|kuestermann Hohenfels|hohenfels Weißbach|weissbach
        Altmühl|altmuehl Sommerfeld|sommerfeld Grünwald|gruenwald Eichholz|eichholz Morgenroth|morgenroth
        Rabenstein|rabenstein Feldkamp|feldkamp Nordhaus|nordhaus Steinbrück|steinbrueck Vogelsang|vogelsang
        Tannenberg|tannenberg Achenbach|achenbach Dornbusch|dornbusch
    """,
    trades="""
        Logistik|logistik Maschinenbau|maschinenbau Medizintechnik|medizintechnik Elektro|elektro Bau|bau
        Druckerei|druckerei Feinkost|feinkost Immobilien|immobilien Anlagentechnik|anlagentechnik
        Holzbau|holzbau Steuerberatung|steuerberatung Architekten|architekten
    """,
    places=("", "Nord |nord", "Kassel |kassel", "Leipzig |leipzig", "Süd |sued", "Ulm |ulm"),
)
ENGLAND = Tongue(
    country="GB",
    shape="{stem} {trade}{place} Ltd",
    stems="""
        Ashcombe|ashcombe Harrowgate|harrowgate Thornbury|thornbury Kestrel|kestrel Millbrook|millbrook
        Pennine|pennine Redfern|redfern Silverdale|silverdale Wexcombe|wexcombe Larkfield|larkfield
        Oakhaven|oakhaven Brightwater|brightwater Fenwick|fenwick Copperfield|copperfield
        Hollybank|hollybank Marlowe|marlowe Stonebridge|stonebridge Whitmore|whitmore
    """,
    trades="""
        Logistics|logistics Dental|dental Engineering|engineering Interiors|interiors Veterinary|vets
        Foods|foods Legal|legal Aviation|aviation Surveyors|surveyors Marine|marine Publishing|publishing
        Recruitment|recruitment
    """,
    places=("", " North|north", " Bristol|bristol", " Leeds|leeds", " West|west", " Exeter|exeter"),
)
SPAIN = Tongue(
    country="ES",
    shape="{trade} {stem}{place}, S.L.",
    stems="""
        Valdeluz|valdeluz Montearagón|montearagon Riofrío|riofrio Almendral|almendral Castañar|castanar
        Ibarrola|ibarrola Peñablanca|penablanca Solarieta|solarieta Torrealba|torrealba Villamar|villamar
        Urquiola|urquiola Benarés|benares Zarzuela|zarzuela Oliveros|oliveros
    """,
    trades="""
        Bodegas|bodegas Transportes|transportes Conservas|conservas Clínica|clinica
        Construcciones|construcciones Aceites|aceites Talleres|talleres Editorial|editorial
        Cerámicas|ceramicas Hoteles|hoteles Farmacia|farmacia Muebles|muebles
    """,
    places=("", " Norte|norte", " Sevilla|sevilla", " Levante|levante", " Bilbao|bilbao", " Sur|sur"),
)
FRANCE = Tongue(
    country="FR",
    shape="{trade} {stem}{place} SAS",
    stems="""
        Beauchêne|beauchene Clairvaux|clairvaux Fontenelle|fontenelle Delamarre|delamarre
        Montferrand|montferrand Rochebrune|rochebrune Vaucresson|vaucresson Lagarde|lagarde
        Hautefeuille|hautefeuille Perrault|perrault Saint-Aubin|saintaubin Villeneuve|villeneuve
    """,
    trades="""
        Ateliers|ateliers Fromagerie|fromagerie Menuiserie|menuiserie Transports|transports Cabinet|cabinet
        Pharmacie|pharmacie Imprimerie|imprimerie Maison|maison Domaine|domaine Clinique|clinique
        Agence|agence Scierie|scierie
    """,
    places=("", " Lyon|lyon", " Ouest|ouest", " Nantes|nantes", " Alpes|alpes", " Lille|lille"),
)
JAPAN = Tongue(
    country="JP",
    shape="{stem}{trade}{place}株式会社",
    stems="""
        青葉|aoba 瑞穂野|mizuhono 朝霧|asagiri 白樺|shirakaba 桜川|sakuragawa 千歳台|chitosedai
        若松原|wakamatsubara 藤波|fujinami 翠川|midorikawa 雪代|yukishiro 北浜|kitahama 月岡|tsukioka
    """,
    trades="""
        製作所|works 物流|butsuryu 食品|shokuhin 建設|kensetsu 印刷|insatsu 商事|shoji 電機|denki
        薬品|yakuhin 精工|seiko 観光|kanko
    """,
    places=("", "東|higashi", "関西|kansai", "九州|kyushu", "北|kita", "中部|chubu"),
)

ROUND = (TAIWAN, GERMANY, ENGLAND, TAIWAN, SPAIN, ENGLAND, FRANCE, GERMANY, TAIWAN, JAPAN, ENGLAND, SPAIN)

# Customers that are no companies: schools, towns, charities; one of them comes after every four companies.
INSTITUTIONS = tuple(
    CompanyName(name=name, slug=slug, country=country)
    for name, slug, country in (
        ("明德實驗高級中學", "mingde-school", "TW"),
        ("Stadtwerke Lindenau", "stadtwerke-lindenau", "DE"),
        ("Ayuntamiento de Valdeluz", "ayto-valdeluz", "ES"),
        ("Thornbury Community Hospice", "thornbury-hospice", "GB"),
        ("財團法人沐光社會福利基金會", "muguang-foundation", "TW"),
        ("Gymnasium am Rosengarten", "gymnasium-rosengarten", "DE"),
        ("Harbour Lights Theatre Trust", "harbourlights-theatre", "GB"),
        ("Cooperativa Agrícola San Telmo", "coop-santelmo", "ES"),
        ("臺灣山林保育協會", "shanlin-society", "TW"),
        ("Freiwillige Feuerwehr Altmühl e. V.", "feuerwehr-altmuehl", "DE"),
        ("Pennine Valley School District", "pennine-schools", "US"),
        ("Médiathèque de Montferrand", "mediatheque-montferrand", "FR"),
    )
)


def _compose(tongue: Tongue, *, stem: str, trade: str, place: str) -> CompanyName:
    stem_name, stem_slug = stem.split("|")
    trade_name, trade_slug = trade.split("|")
    place_name, _, place_slug = place.partition("|")
    name = tongue.shape.format(stem=stem_name, trade=trade_name, place=place_name)
    slug = "-".join(part for part in (stem_slug, trade_slug, place_slug) if part)
    return CompanyName(name=name, slug=slug, country=tongue.country)


def _names_of(tongue: Tongue, *, rng: random.Random) -> list[CompanyName]:
    """All names of a language, shuffled; those with a place come last, because short names are the likelier ones."""
    names: list[CompanyName] = []
    stems, trades = tongue.stems.split(), tongue.trades.split()
    for place in tongue.places:
        block = [_compose(tongue, stem=s, trade=t, place=place) for s in stems for t in trades]
        rng.shuffle(block)
        names += block
    return names


def company_names(count: int, *, seed: int) -> list[CompanyName]:
    """Return `count` different names; the first n are the same whatever the count."""
    rng = random.Random(f"names:{seed}")  # noqa: S311 - demo data, not a secret
    pools = {t.country: iter(_names_of(t, rng=rng)) for t in (TAIWAN, GERMANY, ENGLAND, SPAIN, FRANCE, JAPAN)}
    institutions = iter(INSTITUTIONS)
    names: list[CompanyName] = []
    slugs: set[str] = set()
    turn = 0
    while len(names) < count:
        found = next(institutions, None) if len(names) % 5 == 4 else None
        if found is None:
            found, turn = next(pools[ROUND[turn % len(ROUND)].country], None), turn + 1
        if found is None:  # this language has no more names: every one of them again, as the branch with a number
            found = CompanyName(
                name=f"{names[turn % 997].name} {turn}", slug=f"{names[turn % 997].slug}-{turn}", country="US"
            )
        if found.slug not in slugs:
            slugs.add(found.slug)
            names.append(found)
    return names
