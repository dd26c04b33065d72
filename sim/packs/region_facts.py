"""What is known of each region by name: its counties, hospitals and the cities beyond it."""

from __future__ import annotations

from dataclasses import dataclass, field

Names = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """A place beyond the counties: names, degrees north and east."""

    name: str
    name_zh: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class CityHospital:
    """A hospital of the city tier inside the region.

    indicator  True when its size is the observation `hospital_beds` of the region
    """

    name: str
    name_zh: str
    kind: str
    indicator: bool = False
    name_status: str = "published"


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """Hand-collected facts of a region; everything else is looked up or filled by rule.

    seat               division code of the county in which the city's hospitals stand, "" if none
    urban_core        counties that share the city's urban core
    centre             regional centre inside the region, with its first year
    city_outside       city-tier hospitals outside the counties (Taonan: its prefecture's)
    regional_outside   where the regional tier is reached while there is no centre inside
    """

    id: str
    name: str
    name_zh: str
    province: str
    province_zh: str
    area_km2: float
    counties: tuple[str, ...]
    seat: str
    urban_core: tuple[str, ...]
    road_factor: float
    years: tuple[int, ...]
    outside: Point
    regional_outside: Point | None
    city: tuple[CityHospital, ...] = ()
    centre: Names | None = None
    centre_opens: int = 0
    centre_rule: str = ""
    city_outside: tuple[CityHospital, ...] = ()
    city_outside_at: Point | None = None
    named: dict[tuple[str, str], Names] = field(default_factory=dict)


YEARS = (2020, 2021, 2022, 2023)
GENERAL, TCM = "general_hospital", "tcm_hospital"
MATERNAL = "maternal_child_hospital"
BEIJING = Point("Hospitals in Beijing and beyond", "北京等地医院", 39.904, 116.407)
JINAN = Point("Hospitals in Jinan and beyond", "济南等地医院", 36.651, 117.120)
JINAN_CENTRE = Point("Provincial centres in Jinan", "济南省级医院", 36.651, 117.120)
HOHHOT_HOSPITALS = Point("Hospitals in Hohhot, Baotou and beyond", "呼和浩特、包头等地医院",
                         40.842, 111.749)  # fmt: skip
HOHHOT = Point("Provincial centres in Hohhot", "呼和浩特区级医院", 40.842, 111.749)
CHENGDU = Point("Provincial centres in Chengdu", "成都省级医院", 30.572, 104.066)
CHONGQING = Point("Hospitals in Chongqing and beyond", "重庆等地医院", 29.563, 106.551)
CHANGCHUN = Point("Provincial centres in Changchun", "长春省级医院", 43.817, 125.324)
HARBIN = Point("Hospitals in Harbin and beyond", "哈尔滨等地医院", 45.803, 126.535)
BAICHENG = Point("Baicheng", "白城市", 45.620, 122.839)

LIAOCHENG = RegionFacts(
    "liaocheng", "Liaocheng", "聊城市", "Shandong", "山东省", 8715,
    ("371502", "371503", "371521", "371522", "371524", "371525", "371526", "371581"),
    "371502", ("371502",), 1.3, YEARS, JINAN, JINAN_CENTRE,
    city=(
        CityHospital("Liaocheng People's Hospital", "聊城市人民医院", GENERAL, True),
        CityHospital("Other city hospitals of Liaocheng (together)", "聊城市其他市级医院", GENERAL,
                     name_status="assumed"),
        CityHospital("Liaocheng TCM Hospital", "聊城市中医医院", TCM),
    ),
    centre=("Beijing Jishuitan Hospital Liaocheng Hospital", "北京积水潭医院聊城医院"),
    centre_opens=2026, centre_rule="r_opening",
    named={
        ("371502", GENERAL): ("Dongchangfu District People's Hospital", "东昌府区人民医院"),
        ("371503", MATERNAL): ("Chiping District Maternal-Child Hospital", "茌平区妇幼保健院"),
        ("371522", MATERNAL): ("Shen County Maternal-Child Hospital", "莘县妇幼保健院"),
        ("371525", MATERNAL): ("Guan County Maternal-Child Hospital", "冠县妇幼保健院"),
        ("371581", MATERNAL): ("Linqing Maternal-Child Hospital", "临清市妇幼保健院"),
    },
)  # fmt: skip

CHIFENG = RegionFacts(
    "chifeng", "Chifeng", "赤峰市", "Inner Mongolia", "内蒙古自治区", 90021,
    ("150402", "150403", "150404", "150421", "150422", "150423", "150424", "150425", "150426",
     "150428", "150429", "150430"),
    "150402", ("150402", "150404"), 1.4, YEARS, BEIJING, HOHHOT,
    city=(
        CityHospital("Affiliated Hospital of Chifeng University", "赤峰学院附属医院", GENERAL),
        CityHospital("Chifeng Municipal Hospital", "赤峰市医院", GENERAL),
        CityHospital("Chifeng TCM and Mongolian Hospital", "赤峰市中蒙医院", TCM),
    ),
    centre=("Xuanwu Hospital Inner Mongolia Hospital", "首都医科大学宣武医院内蒙古医院"),
    centre_opens=2026, centre_rule="r_opening",
    named={
        ("150422", GENERAL): ("Bairin Left Banner Hospital", "巴林左旗医院"),
        ("150429", GENERAL): ("Ningcheng County Central Hospital", "宁城县中心医院"),
    },
)  # fmt: skip

BAYANNUR = RegionFacts(
    "bayannur", "Bayannur", "巴彦淖尔市", "Inner Mongolia", "内蒙古自治区", 65100,
    ("150802", "150821", "150822", "150823", "150824", "150825", "150826"),
    "150802", ("150802",), 1.3, YEARS, HOHHOT_HOSPITALS, HOHHOT,
    city=(
        CityHospital("Bayannur Hospital", "巴彦淖尔市医院", GENERAL, True),
        CityHospital("Bayannur Second Hospital and city maternal-child hospital (together)",
                     "巴彦淖尔市第二医院及市妇幼保健院", GENERAL, name_status="assumed"),
        CityHospital("Bayannur TCM Hospital", "巴彦淖尔市中医医院", TCM),
    ),
    centre=("Beijing TCM Hospital Inner Mongolia Hospital", "北京中医医院内蒙古医院"),
    centre_opens=2025, centre_rule="r_opening_2024",
    named={
        ("150802", GENERAL): ("Linhe District People's Hospital", "临河区人民医院"),
        ("150821", GENERAL): ("Wuyuan County People's Hospital", "五原县人民医院"),
        ("150823", GENERAL): ("Urad Front Banner People's Hospital", "乌拉特前旗人民医院"),
        ("150823", TCM): ("Urad Front Banner TCM and Mongolian Hospital", "乌拉特前旗中蒙医院"),
        ("150802", MATERNAL): ("Linhe District Maternal-Child Hospital", "临河区妇幼保健院"),
        ("150823", MATERNAL): ("Urad Front Banner Maternal-Child Hospital", "乌拉特前旗妇幼保健院"),
        ("150826", GENERAL): ("Hanggin Rear Banner Hospital", "杭锦后旗医院"),
        ("150825", GENERAL): ("Urad Rear Banner Hospital", "乌拉特后旗医院"),
        ("150825", TCM): ("Urad Rear Banner Mongolian Hospital", "乌拉特后旗蒙医医院"),
    },
)  # fmt: skip

SUINING = RegionFacts(
    "suining", "Suining", "遂宁市", "Sichuan", "四川省", 5322,
    ("510903", "510904", "510921", "510923", "510981"),
    "510903", ("510903",), 1.6, YEARS, CHONGQING, CHENGDU,
    city=(
        CityHospital("Suining Central Hospital", "遂宁市中心医院", GENERAL),
        CityHospital("Other city hospitals of Suining (together)", "遂宁市其他市级医院", GENERAL,
                     name_status="assumed"),
        CityHospital("Suining TCM Hospital (name assumed)", "遂宁市中医院(名称推定)", TCM,
                     name_status="assumed"),
    ),
)  # fmt: skip

TAONAN = RegionFacts(
    "taonan", "Taonan", "洮南市", "Jilin", "吉林省", 5103, ("220881",), "", (), 1.3, YEARS,
    HARBIN, CHANGCHUN,
    city_outside=(
        CityHospital("Baicheng general hospital (name assumed)", "白城市综合医院(名称推定)",
                     GENERAL, name_status="assumed"),
        CityHospital("Baicheng TCM Hospital (name assumed)", "白城市中医院(名称推定)", TCM,
                     name_status="assumed"),
    ),
    city_outside_at=BAICHENG,
    named={
        ("220881", GENERAL): ("Taonan People's Hospital", "洮南市人民医院"),
        ("220881", TCM): ("Taonan TCM Hospital", "洮南市中医医院"),
        ("220881", MATERNAL): ("Taonan Maternal-Child Hospital", "洮南市妇幼保健院"),
    },
)  # fmt: skip

REFERENCE = RegionFacts(
    "reference", "Reference county", "参照县", "synthetic", "虚拟", 2400, ("000001",), "", (), 1.3,
    (2023,), Point("Hospitals outside the province", "省外医院", 35.0, 117.691),
    Point("Regional centre", "区域医疗中心", 35.0, 116.867),
    city_outside=(CityHospital("City general hospital", "市级综合医院", GENERAL,
                               name_status="assumed"),
                  CityHospital("City TCM hospital", "市级中医医院", TCM, name_status="assumed")),
    city_outside_at=Point("City", "地级市", 35.0, 115.769),
)  # fmt: skip

FACTS = {
    facts.id: facts for facts in (CHIFENG, TAONAN, LIAOCHENG, SUINING, BAYANNUR, REFERENCE)
}  # fmt: skip
REGIONS = tuple(FACTS)
