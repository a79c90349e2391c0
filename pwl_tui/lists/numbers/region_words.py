"""What in a list tells where it is from: cities, money, names, words of languages, scripts, encodings."""

WORDS = """
AE dubai sharjah ajman deira fujairah aed dirham dirhams
AF kabul kandahar herat mazar afn
AL tirana durres vlore lek
AM yerevan gyumri amd hakobyan sargsyan harutyunyan
AO luanda huambo lobito benguela aoa kwanza
AR rosario mendoza quilmes cordoba ars fernandez gonzalez
AT wien vienna graz linz salzburg innsbruck gruber
AU sydney melbourne brisbane perth adelaide canberra aud nsw
AZ baku baki ganja sumqayit azn mammadov aliyev hasanov mammadova aliyeva
BA sarajevo mostar tuzla zenica bam hodzic
BD dhaka chittagong chattogram sylhet khulna bdt taka rahman hossain akter uddin begum
BE bruxelles brussel brussels antwerpen gent liege namur peeters janssens
BF ouagadougou ouedraogo sawadogo
BG sofia plovdiv varna burgas bgn ivanov georgiev dimitrov petrov ivanova
BH manama muharraq bhd
BI bujumbura gitega
BJ cotonou parakou
BO cochabamba oruro potosi bob mamani quispe condori
BR sao paulo rio janeiro belo horizonte brasilia curitiba recife fortaleza salvador brl r$ silva santos
BR oliveira souza
BR pereira ferreira almeida costa
BW gaborone francistown pula bwp
BY minsk gomel brest grodno byn
CA toronto montreal vancouver calgary ottawa edmonton ontario quebec cad
CD kinshasa lubumbashi goma
CG brazzaville
CH zurich bern basel geneve lausanne luzern chf
CI abidjan bouake yamoussoukro kouassi konan kouadio
CL santiago valparaiso concepcion antofagasta temuco clp
CM douala yaounde bamenda
CN beijing shanghai guangzhou shenzhen chengdu wuhan hangzhou cny rmb yuan wang zhang chen liu
CO bogota medellin cali barranquilla cartagena bucaramanga cop
CR alajuela heredia crc
CU habana camaguey holguin cup
CY nicosia limassol larnaca paphos
CZ praha prague brno ostrava plzen olomouc czk kc novak svoboda novotny dvorak novakova
DE berlin hamburg munchen munich koln frankfurt stuttgart dusseldorf leipzig schmidt muller schneider
DE fischer weber
DK kobenhavn copenhagen aarhus odense aalborg dkk jensen nielsen hansen pedersen
DZ alger algiers oran constantine annaba blida setif dzd
EC quito guayaquil cuenca ambato
EE tallinn tartu narva tamm saar
EG cairo alexandria giza mansoura tanta egp
ES madrid barcelona valencia sevilla zaragoza malaga bilbao murcia garcia
ET addis ababa adama mekelle hawassa etb birr bekele tesfaye abebe kebede
FI helsinki espoo tampere turku oulu virtanen korhonen nieminen makinen
FR paris marseille lyon toulouse nice nantes bordeaux lille dupont durand moreau lefebvre
GA libreville
GB london manchester birmingham leeds glasgow liverpool edinburgh bristol cardiff gbp smith jones taylor
GE tbilisi batumi kutaisi gel
GH accra kumasi tamale takoradi tema ghs cedi cedis mensah owusu osei boateng asante appiah kwame kofi
GN conakry
GR athens athina thessaloniki patra piraeus larissa papadopoulos
GT guatemala quetzaltenango mixco gtq
HK kowloon hkd mongkok wong chan leung cheung
HN tegucigalpa sula comayagua hnl
HR zagreb split rijeka osijek horvat kovacevic babic hrk
HU budapest debrecen szeged miskolc pecs huf nagy kovacs toth szabo
ID jakarta surabaya bandung medan semarang makassar bekasi idr rp wijaya santoso setiawan hidayat siti budi
IE dublin cork galway limerick murphy byrne
IL tel aviv jerusalem haifa ils nis cohen levi mizrahi
IN mumbai delhi bangalore bengaluru hyderabad chennai kolkata pune ahmedabad inr ₹ rs lakh kumar sharma
IN singh patel gupta
IQ baghdad basra erbil mosul iqd
IR tehran mashhad isfahan shiraz tabriz irr toman rial hosseini mohammadi ahmadi karimi
IS reykjavik kopavogur isk
IT roma milano napoli torino palermo genova bologna firenze rossi russo ferrari bianchi esposito
JO amman zarqa irbid jod
JP tokyo osaka kyoto yokohama nagoya sapporo jpy yen sato suzuki takahashi tanaka watanabe
KE nairobi mombasa kisumu nakuru eldoret kes ksh kshs wanjiku otieno kamau mwangi njoroge odhiambo achieng
KE wanjiru
KG bishkek osh kgs som
KH phnom penh siem reap khr
KR seoul busan incheon daegu daejeon krw kim park choi
KW kuwait hawalli salmiya kwd
KZ almaty astana shymkent karaganda kzt tenge
LA vientiane luang lak kip
LB beirut beyrouth tripoli sidon lbp
LK colombo kandy galle jaffna lkr perera fernando silva jayasinghe bandara
LR monrovia lrd
LT vilnius kaunas klaipeda kazlauskas
LU luxembourg esch
LV riga daugavpils liepaja berzins
LY tripoli benghazi misrata lyd
MA casablanca rabat marrakech fes tanger agadir meknes mad alaoui bennani
MD chisinau balti tiraspol mdl
ME podgorica niksic
MG antananarivo toamasina mga ariary rakoto
MK skopje bitola ohrid mkd
ML bamako sikasso traore coulibaly keita diarra
MM yangon mandalay naypyidaw mmk kyat aung kyaw thant htet
MN ulaanbaatar mnt
MO macau mop
MR nouakchott mru
MT valletta sliema birkirkara
MU mauritius curepipe mur
MW lilongwe blantyre mwk
MX guadalajara monterrey puebla tijuana cdmx mexico mxn hernandez martinez
MY kuala lumpur penang johor selangor ipoh kuching myr rm bin binti
MZ maputo beira nampula matola mzn metical
NA windhoek swakopmund nad
NE niamey zinder
NG lagos abuja ibadan kano enugu benin ngn ₦ naira okafor adeyemi okonkwo chukwu ibrahim adebayo eze
NI managua leon masaya nio
NL amsterdam rotterdam utrecht eindhoven haag groningen jansen vries bakker visser
NO oslo bergen trondheim stavanger nok hansen johansen olsen larsen
NP kathmandu pokhara lalitpur biratnagar npr thapa shrestha gurung tamang adhikari rai
NZ auckland wellington christchurch hamilton dunedin nzd
OM muscat salalah sohar omr
PA panama colon pab
PE lima arequipa trujillo chiclayo cusco pen s/ quispe mamani flores huaman
PH manila quezon cebu davao makati php ₱ pesos cruz reyes santos bautista delacruz
PK karachi lahore islamabad rawalpindi faisalabad peshawar pkr khan ahmed malik hussain
PL warszawa krakow lodz wroclaw poznan gdansk pln zl nowak kowalski wisniewski kowalska
PS gaza ramallah nablus hebron
PT lisboa porto coimbra braga faro funchal silva santos
PY asuncion luque pyg guarani
QA doha rayyan wakrah qar
RO bucuresti cluj timisoara iasi constanta ron lei popescu ionescu popa
RS beograd belgrade nis rsd jovanovic petrovic nikolic
RU moscow moskva petersburg novosibirsk yekaterinburg kazan rub ₽ ivanov petrov smirnov kuznetsov ivanova
RW kigali butare rwf uwimana niyonzima mukamana
SA riyadh jeddah dammam makkah medina sar alghamdi alqahtani alotaibi alharbi
SD khartoum omdurman sdg
SE stockholm goteborg malmo uppsala sek andersson johansson karlsson nilsson
SG singapore sgd jurong tampines tan lim lee
SI ljubljana maribor celje
SK bratislava kosice presov zilina horvath kovac
SL freetown
SN dakar thies kaolack diop ndiaye fall diallo
SO mogadishu hargeisa
SV salvador ana miguel
SY damascus aleppo homs latakia syp
TG lome
TH bangkok chiang phuket pattaya nonthaburi thb baht ฿ somchai
TJ dushanbe khujand tjs
TM ashgabat
TN tunis sfax sousse kairouan tnd trabelsi
TR istanbul ankara izmir bursa antalya adana try ₺ tl yilmaz kaya demir sahin celik
TW taipei kaohsiung taichung tainan twd ntd
TZ dar salaam dodoma mwanza arusha tzs tsh juma mushi massawe
UA kyiv kiev kharkiv odesa odessa lviv dnipro uah ₴ shevchenko kovalenko bondarenko tkachenko
UG kampala entebbe gulu mbarara ugx ush mugisha okello nakato
US york chicago houston angeles dallas phoenix seattle miami boston usd $ smith johnson williams
UY montevideo salto uyu
UZ tashkent toshkent samarkand bukhara namangan uzs sum karimov yusupov rakhimov
VE caracas maracaibo valencia barquisimeto ves bolivar
VN hanoi ha noi chi minh saigon danang vnd ₫ nguyen tran pham hoang
YE sanaa aden taiz yer
ZA johannesburg cape durban pretoria soweto zar nkosi dlamini naidoo botha ndlovu zulu
ZM lusaka ndola kitwe zmw banda phiri mwale
ZW harare bulawayo mutare zwl moyo ncube dube
"""
"""By region: words that tell of it, folded. Common words of other countries are left out."""

LANGUAGES = """
PT_BR_AO_MZ telefone celular nome sobrenome endereco cidade cliente contato
ES_MX_AR_CO_PE_CL_VE_EC_GT_CU_BO_DO_HN_PY_SV_NI_CR_PA_UY nombre apellido apellidos telefono ciudad direccion
ES_MX_AR_CO_PE_CL_VE_EC_GT_CU_BO_DO_HN_PY_SV_NI_CR_PA_UY correo
ES movil provincia
MX_AR_CO_PE_CL_VE_EC_GT_CU_BO_DO_HN_PY_SV_NI_CR_PA_UY celular
FR_BE_CH_MA_DZ_TN_SN_CI_CM_CD_BF_ML_BJ_TG_GA nom prenom telephone portable ville adresse courriel
DE_AT_CH vorname nachname telefon handy handynummer strasse plz ort stadt
IT_CH nome cognome cellulare telefono citta indirizzo
NL_BE naam voornaam achternaam telefoon mobiel straat plaats woonplaats
PL imie nazwisko telefon komorka miasto ulica
CZ jmeno prijmeni telefon mesto
SK meno priezvisko telefon mesto
HU nev telefonszam varos vezeteknev keresztnev
RO_MD nume prenume telefon oras
TR ad soyad isim telefon sehir
ID nama telepon nomor hp alamat kota
MY nama telefon alamat bandar
VN ten ho sdt dien thoai dia chi
PH pangalan
SE namn fornamn efternamn mobil mobilnummer ort
NO_DK navn fornavn etternavn efternavn mobil by
FI nimi etunimi sukunimi puhelin matkapuhelin
EE nimi eesnimi perenimi telefon
LV vards uzvards talrunis
LT vardas pavarde telefonas
HR_RS_BA_ME ime prezime telefon mobitel mobilni grad
SI ime priimek telefon mobitel
AL emri mbiemri
KE_TZ jina simu namba mji
UZ ism familiya telefon
AZ ad soyad telefon
AO_MZ telemovel
PT telemovel morada
RU_KZ_BY_KG имя фамилия телефон город мобильный отчество
UA імя прізвище телефон місто
BG име фамилия телефон град
RS_MK име презиме телефон град
KZ аты тегі телефоны
"""
"""By the regions of a language: words that head the columns of lists there, folded."""

LETTERS = """
CN 们张刘陈赵黄吴孙马胡郭罗梁韩唐冯邓许苏蒋贾阎魏叶国长东电话号码姓
TW_HK_MO 們張劉陳趙黃吳孫馬國長東電話號碼
JP ぁあいうえおかがきくけこさしすせそたちつてとなにのはひまみもやゆよらりるれろをん
JP ァアイウエオカガキクコサシスセタテトナニノハマミムメモラリルロンー
KR 가나다라마바사아자차카타파하김이박최정강조윤장임전화번호름
RU_UA_BY_BG_KZ_KG_RS_MK_UZ_TJ_MN абвгдежзиклмнопрстухцчшщюя
RU_BY_KZ_KG ыэё
UA іїєґ
BY ў
BG ъ
RS_MK ђјљњћџѓќѕ
KZ_KG_MN әғқңөұүһ
TJ_UZ ӣӯҷҳ
GR_CY αβγδεζηθικλμνξοπρστυφχψωάέήίόύώς
IL אבגדהוזחטיכלמנסעפצקרשתםןףץ
EG_SA_AE_IQ_SY_JO_LB_YE_SD_TN_LY_DZ_MA_KW_OM_BH_QA_PS_IR_PK_AF ابتثجحخدذرزسشصضطظعغفقلمنهو
EG_SA_AE_IQ_SY_JO_LB_YE_SD_TN_LY_DZ_MA_KW_OM_BH_QA_PS ةيىكأإ
IR_AF_PK پچژگیک
PK ٹڈڑںہےھ
AF ښځڅډړ
TH กขคงจชซญดตถทนบปผพฟภมยรลวศษสหอะาิีึืุูเแโใไ่้
IN_NP अआइईउएकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौ्
BD_IN অআইঈউএকখগঘচছজঝটঠডঢণতথদধনপফবভমযরলশষসহািীুূেৈোৌ্
IN ਅਆਕਖਗਘਚਛਜਟਡਤਦਨਪਫਬਭਮਰਲਵਸਹ અઆકખગઘચછજટડતદનપફબભમરલવશસહ
IN அஆஇஈஉகஙசஞடணதநபமயரலவழளறன అఆఇకగచజటడతదనపబమయరలవశసహ
IN
IN ಅಆಇಕಗಚಜಟಡತದನಪಬಮಯರಲವಶಸಹ
IN അആഇകഗചജടഡതദനപബമയരലവശസഹ
LK අආඇඉඊඋකගචජටඩතදනපබමයරලවසහ
MM ကခဂငစဆညတထဒနပဖဘမယရလဝသဟအ
KH កខគងចជញដតថទធនបផពភមយរលវសហអ
LA ກຂຄງຈຊຍດຕຖທນບປຜຝພຟມຢຣລວສຫອຮ
GE აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ
AM աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ
ET አበገደሀወዘከለመነሰረሸቀተኀኘዐጸፀጠ
TR_AZ ğışİ
AZ ə
PL ąęłńśźż
CZ řěůč
CZ_SK ďťň
SK ľŕĺ
HU őű
RO_MD ășțşţ
HR_RS_BA_SI_ME čćđšž
LT ėįųž
LV āēģīķļņū
EE õ
VN ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ
DE_AT_CH ß
DE_AT_CH_TR_SE_FI_HU öü
SE_FI ä
SE_NO_DK_FI å
NO_DK øæ
IS ðþ
PT_BR_AO_MZ ãõ
ES_MX_AR_CO_PE_CL_VE_EC_GT_CU_BO_DO_HN_PY_SV_NI_CR_PA_UY_PH ñ
FR_PT_BR_TR_AL ç
FR_BE_CH_CI_SN_CM_MA_DZ_TN èêëîïôûœ
"""
"""By the regions of a script or language: letters of its own."""

ENCODINGS = """
cp1251 RU UA BY BG KZ KG RS MK
koi8-r RU
koi8-u UA
cp866 RU UA BY
iso8859-5 RU BG RS
gb18030 CN
gbk CN
gb2312 CN
hz CN
big5 TW HK MO
big5hkscs HK MO TW
shift_jis JP
cp932 JP
euc_jp JP
iso2022_jp JP
euc_kr KR
cp949 KR
cp1256 EG SA AE IQ SY JO LB YE SD TN LY DZ MA KW OM BH QA IR
iso8859-6 EG SA AE IQ SY JO LB
cp1255 IL
iso8859-8 IL
cp1253 GR CY
iso8859-7 GR CY
cp1254 TR AZ
iso8859-9 TR
cp1250 PL CZ HU RO SK HR SI BA RS
iso8859-2 PL CZ HU RO SK HR SI
cp1257 LT LV EE
iso8859-13 LT LV EE
cp1258 VN
cp874 TH
tis-620 TH
iso8859-11 TH
"""
"""By Python's name of an encoding: where it is used."""

DOMAINS = {
    "uk": "GB", "ukr.net": "UA", "qq.com": "CN", "163.com": "CN", "126.com": "CN", "naver.com": "KR",
    "hanmail.net": "KR", "yandex.com": "RU", "su": "RU", "rediffmail.com": "IN", "wanadoo.com": "FR",
    "yahoo.com.br": "BR",
}  # fmt: skip
"""Domains of mail and pages whose country is not in their last two letters."""
WORLDWIDE = frozenset(
    ("CO", "IO", "AI", "TV", "ME", "CC", "FM", "TO", "WS", "GG", "LA", "VC", "SC", "ST", "BZ", "PW")
)
"""Regions whose top-level domain is used everywhere."""
