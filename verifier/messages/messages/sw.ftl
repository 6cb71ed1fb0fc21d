### Kiswahili: yale ambayo jibu huwaambia wahudumu na mgonjwa. Hufuata en.ftl ujumbe kwa ujumbe.
### Maneno: kugharamiwa, mchango, kipindi cha kusubiri, idhini; “rufaa” ni ya matibabu tu, kupinga jibu ni “malalamiko”.

## Jibu, kwa wahudumu

decision-COVERED = Inagharamiwa: kwa ombi hili, hapa, leo
decision-NOT_COVERED = Haigharamiwi: kwa ombi hili, hapa, leo
decision-CANNOT_DECIDE = Haiwezi kuamuliwa hapa leo

assurance-FIRM = Hakika: taarifa zilizopo hapa zinatosha kwa jibu hili.
assurance-PROVISIONAL = La muda: kuna taarifa ya zamani au ambayo haikuhakikiwa. Tazama sababu.
assurance-NONE = Hakuna jibu: taarifa inayohitajika haipo au ni ya zamani mno.

## La kufanya sasa kwa mgonjwa, kwa wahudumu

action-TREAT_NOW = Dharura: mtibu mgonjwa sasa. Usidai pesa kwanza.
action-TREAT_FREE = Mtibu mgonjwa. Usipokee pesa: huduma hii ni bure hapa kwa kila mtu.
action-TREAT_COPAY = Mtibu mgonjwa. Pokea tu kiasi kilichoonyeshwa chini ya “{ heading-patient-pays }”.
action-TREAT_CLAIM_LATER = Mtibu mgonjwa sasa. Usipokee zaidi ya anacholipa mgonjwa aliye na bima. Mpe risiti, tunza nakala, na udai kiasi kilichobaki baadaye.
action-CONTACT_THEN_TREAT = Wasiliana kwanza na mpango wa bima, kisha mtibu. Usipokee zaidi ya anacholipa mgonjwa aliye na bima. Ikigeuka kuwa dharura, mtibu mara moja.
action-CHARGE_REFUNDABLE = Mtibu, na utoze anacholipa mkazi asiye na bima. Mpe risiti iliyotiwa saini, ili pesa zirudishwe kama jibu hili lilikuwa na kosa.
action-HOLD_RETRY = Usilipe bado. Mrudishie hati yake. Sasisha kifaa hiki na ujaribu tena, au wasiliana na ofisi iliyotoa hati.
action-REFUSE_WITH_APPEAL = Usilipe. Eleza sababu kwa upole, mpe karatasi iliyochapishwa, na mwonyeshe mahali pa kupeleka malalamiko.
action-NO_ENCOUNTER = Usiandikishe huduma: ni lazima mhusika mwenyewe awepo hapa. Rudisha hati, na uombe mhusika aje.

## Sababu, kwa wahudumu

reason-NO_CREDENTIAL = Hakuna hati iliyoonyeshwa inayoweza kujibu ombi hili.
reason-UNREADABLE = Msimbo haukuweza kusomwa.
reason-SIG_INVALID = Hati haikuweza kuthibitishwa: saini yake hailingani.
reason-ISSUER_UNKNOWN = Ofisi iliyotoa hati haijulikani kwa kifaa hiki.
reason-KEY_UNKNOWN = Ufunguo uliotia saini hati haujulikani kwa kifaa hiki.
reason-KEY_COMPROMISED = Ufunguo wa ofisi iliyotoa hati si salama tena. Hati inapaswa kubadilishwa.
reason-OUT_OF_SCOPE = Ofisi iliyotia saini haina ruhusa ya kutoa hati ya aina hii.
reason-DELEGATION_WINDOW = Wakala aliyetia saini hakuwa na mamlaka halali kwa siku hiyo.
reason-DELEGATION_REVOKED = Mamlaka ya wakala aliyetia saini yameondolewa.
reason-TRUST_LIST_OLD = Orodha ya watoa hati kwenye kifaa hiki ni ya zamani au haipo.
reason-RULEBOOK_STALE = Kanuni za mpango wa bima kwenye kifaa hiki ni za zamani au hazipo.
reason-TIME_UNKNOWN = Kifaa hiki hakijui tarehe ya leo.
reason-TIME_OPERATOR = Tarehe iliandikwa kwa mkono.
reason-CLOCK_BEFORE_ISSUE = Tarehe ya hati ni ya baadaye kuliko tarehe ya kifaa hiki. Hakiki tarehe.
reason-DOC_EXPIRED = Muda wa hati yenyewe umepita. Huenda haki bado ipo.
reason-REVOKED = Ofisi iliyotoa hati imeiondoa.
reason-SUSPENDED = Ofisi iliyotoa hati imesimamisha bima hii kwa muda.
reason-SUSPENDED_STALE = Bima imeandikwa kuwa imesimamishwa, lakini taarifa hapa ni za zamani mno kukataa.
reason-SUSPENDED_BUT_PROTECTED = Bima imesimamishwa, lakini huduma hii bado inagharamiwa.
reason-SUPERSEDED = Kuna hati mpya zaidi.
reason-STATUS_OLD = Orodha ya hali za hati kwenye kifaa hiki inaanza kuwa ya zamani.
reason-STATUS_TOO_OLD = Orodha ya hali za hati kwenye kifaa hiki ni ya zamani mno au haipo.
reason-PERSON_MISMATCH = Mtu na hati havilingani. Mhudumu wa pili amethibitisha.
reason-PERSON_UNCHECKED = Haikuhakikiwa kama mtu na hati vinalingana.
reason-PERSON_ABSENT = Mhusika mwenyewe hayupo hapa.
reason-NOT_STARTED = Bima bado haijaanza.
reason-WAITING = Kipindi cha kusubiri cha huduma hii hakijaisha.
reason-IN_GRACE = Muda uliolipiwa umeisha. Muda wa ziada bado unagharamia.
reason-RECEIPT_PENDING = Imelipwa kwa risiti. Mpango wa bima bado haujaandikisha malipo hayo.
reason-LAPSED = Muda uliolipiwa na muda wa ziada vimeisha.
reason-NO_AGREEMENT = Hakuna makubaliano yanayofanya bima hii itumike mahali hapa.
reason-NOT_IN_AGREEMENT = Makubaliano ya mahali hapa hayajumuishi huduma hii.
reason-PREAUTH_NEEDED = Mpango wa bima lazima utoe idhini kwanza kwa huduma hii.
reason-FACILITY_NOT_IN_NETWORK = Kituo hiki hakimo katika vituo vya mpango wa bima.
reason-BYPASS = Ngazi hii ya huduma inahitaji barua ya rufaa, na haikutolewa.
reason-ALREADY_REDEEMED = Namba hii ya vocha imeshatumika hapa.
reason-CLONE_SUSPECT = Hati hii hii ilionyeshwa leo kwa mtu mwingine.
reason-ABOVE_OFFLINE_LIMIT = Kiasi kinazidi kinachoweza kuthibitishwa bila kuwasiliana na mpango wa bima.
reason-BALANCE_UNKNOWN = Bima ina kikomo, na kiasi kilichobaki hakijulikani hapa.
reason-NEWBORN_UNDER_MOTHER = Mtoto mchanga anagharamiwa kwa hati ya mama.
reason-AGE_DIFF = Umri unatofautiana na hati, ndani ya kiwango kinachokubalika.
reason-NOT_IN_PACKAGE = Mpango wa bima haujumuishi huduma hii.
reason-FACILITY_UNKNOWN = Kituo hiki hakimo katika orodha ya kifaa hiki.

## Anachoambiwa mgonjwa

remedy-amount = { $amount-known ->
    [yes] {" "}Kiasi: { $amount }.
   *[no] {""}
}
remedy-pay = { $pay-known ->
    [yes] {" "}Jinsi ya kulipa: { $pay }.
   *[no] {""}
}
remedy-covered = { $covered-known ->
    [yes] {" "}Hapa unaweza kupata: { $covered }.
   *[no] {""}
}

remedy-NO_CREDENTIAL = Tafadhali onyesha hati yako ya bima. Kama huna, omba mpya kwenye mpango wako wa bima.
remedy-UNREADABLE = Msimbo haukuweza kusomwa. Tafadhali onyesha nakala nyingine, au omba mpya kwenye ofisi iliyotoa hati.
remedy-SIG_INVALID = Karatasi hii haikuweza kuthibitishwa. Tafadhali omba mpya kwenye ofisi iliyoitoa.
remedy-ISSUER_UNKNOWN = Ofisi iliyotoa hati hii bado haijulikani hapa. Tafadhali tunza hati, na uombe msaada kwenye ofisi hiyo.
remedy-KEY_UNKNOWN = Hati hii haikuweza kuthibitishwa hapa leo. Tafadhali itunze, na uulize ofisi iliyoitoa kama unahitaji mpya.
remedy-KEY_COMPROMISED = Hati za aina hii zinabadilishwa. Si kosa lako. Tafadhali omba mpya kwenye ofisi iliyoitoa.
remedy-OUT_OF_SCOPE = Hati hii inapaswa kutoka ofisi nyingine. Si kosa lako. Tafadhali omba mpya kwenye mpango wako wa bima.
remedy-DELEGATION_WINDOW = Hatukuweza kumthibitisha wakala aliyekupa hati hii. Tafadhali omba mpango wako wa bima uithibitishe au ukupe mpya.
remedy-DELEGATION_REVOKED = Wakala aliyekupa hati hii hafanyi kazi tena na mpango wako wa bima. Tafadhali omba mpya kwenye mpango huo, na utunze risiti zako.
remedy-TRUST_LIST_OLD = Huhitaji kufanya chochote. Kituo kinapaswa kusasisha taarifa zake.
remedy-RULEBOOK_STALE = Kanuni za mpango wako wa bima hapa ni za zamani. Tafadhali tunza risiti. Mpango wako bado unaweza kuamua.
remedy-TIME_UNKNOWN = Tarehe haikuweza kuhakikiwa hapa. Tafadhali tunza risiti. Huhitaji kufanya kingine.
remedy-TIME_OPERATOR = Tarehe iliandikwa kwa mkono. Tafadhali hakiki tarehe kwenye risiti yako.
remedy-CLOCK_BEFORE_ISSUE = Huenda tarehe ya kifaa hiki si sahihi. Tafadhali omba wahudumu waihakiki na wajaribu tena.
remedy-DOC_EXPIRED = Hati hii ni ya zamani. Huenda bado unagharamiwa. Tafadhali omba mpya kwenye ofisi iliyoitoa.
remedy-REVOKED = Hati hii haitumiki tena. Tafadhali omba mpya kwenye ofisi iliyoitoa, au uulize kwa nini iliondolewa.
remedy-SUSPENDED = Bima yako imesimama kwa muda. Tafadhali uliza mpango wako wa bima kinachohitajika ili iendelee.{ remedy-pay }
remedy-SUSPENDED_STALE = Huenda bima yako imesimama kwa muda. Tafadhali tunza risiti, na uombe mpango wako wa bima uithibitishe.{ remedy-pay }
remedy-SUSPENDED_BUT_PROTECTED = Leo huduma hii inagharamiwa kwako. Kwa huduma nyinginezo bima yako imesimama kwa muda. Tafadhali uliza mpango wako wa bima kinachohitajika.{ remedy-pay }
remedy-SUPERSEDED = Kuna hati yako mpya zaidi. Tafadhali leta hiyo mpya wakati ujao.
remedy-STATUS_OLD = Huhitaji kufanya chochote. Kituo kinapaswa kusasisha taarifa zake hivi karibuni.
remedy-STATUS_TOO_OLD = Taarifa hapa ni za zamani mno kuwa na hakika. Tafadhali tunza risiti. Mpango wako bado unaweza kuthibitisha bima yako.
remedy-PERSON_MISMATCH = Hatukuweza kuthibitisha kuwa hati hii ni yako. Kama ni yako, tafadhali omba ofisi iliyoitoa iirekebishe, au njoo na mtu anayekufahamu.
remedy-PERSON_UNCHECKED = Tafadhali ruhusu wahudumu wahakiki kuwa hati hii ni yako.
remedy-PERSON_ABSENT = Tafadhali njoo pamoja na mtu anayehitaji huduma.
remedy-NOT_STARTED = { $day-known ->
    [yes] Bima yako inaanza tarehe { $day }. Wakati wa dharura unatibiwa mara moja.
   *[no] Bima yako bado haijaanza. Tafadhali uliza mpango wako wa bima itaanza lini. Wakati wa dharura unatibiwa mara moja.
}
remedy-WAITING = { $day-known ->
    [yes] Huduma hii inagharamiwa kwako kuanzia tarehe { $day }. Wakati wa dharura unatibiwa mara moja.{ remedy-covered }
   *[no] Huduma hii bado haigharamiwi kwako. Tafadhali uliza mpango wako wa bima itaanza siku gani. Wakati wa dharura unatibiwa mara moja.{ remedy-covered }
}
remedy-IN_GRACE = { $day-known ->
    [yes] Leo unagharamiwa. Tafadhali lipa mchango wako kufikia tarehe { $day }, ili uendelee kugharamiwa.{ remedy-amount }{ remedy-pay }
   *[no] Leo unagharamiwa. Tafadhali lipa mchango wako hivi karibuni, ili uendelee kugharamiwa.{ remedy-amount }{ remedy-pay }
}
remedy-RECEIPT_PENDING = Risiti yako ya malipo imekubaliwa. Tafadhali itunze hadi mpango wako wa bima uandikishe malipo.
remedy-LAPSED = Mchango wa kipindi hiki haujaandikishwa hapa. Kama umelipa, tafadhali onyesha risiti. Kama bado, tafadhali ulipe, ili ugharamiwe tena.{ remedy-amount }{ remedy-pay }
remedy-NO_AGREEMENT = Bima yako haitumiki mahali hapa. Tafadhali uliza mpango wako wa bima unaweza kuitumia wapi.{ remedy-covered }
remedy-NOT_IN_AGREEMENT = Bima yako haijumuishi huduma hii mahali hapa. Tafadhali uliza mpango wako wa bima unaweza kuipata wapi.{ remedy-covered }
remedy-PREAUTH_NEEDED = Mpango wako wa bima lazima utoe idhini kwanza kwa huduma hii. Tafadhali omba wahudumu waombe idhini hiyo.
remedy-FACILITY_NOT_IN_NETWORK = Unaweza kutumia bima yako katika kituo kingine. Tafadhali waulize wahudumu kilicho karibu.{ remedy-covered }
remedy-BYPASS = Bila barua ya rufaa huenda ukalipa zaidi hapa. Wakati ujao, tafadhali anza kwenye kituo chako cha afya na uombe barua ya rufaa.
remedy-ALREADY_REDEEMED = Namba hii ya vocha imeandikwa kuwa imetumika. Tafadhali onyesha vocha inayofuata, au omba ofisi iliyoitoa iihakiki.
remedy-CLONE_SUSPECT = Hati hii ilionyeshwa leo kwa mtu mwingine pia. Tafadhali omba ofisi iliyoitoa iihakiki, ili bima yako ibaki salama.
remedy-ABOVE_OFFLINE_LIMIT = Mpango wako wa bima lazima uthibitishe kiasi hiki. Tafadhali omba wahudumu wawasiliane nao.
remedy-BALANCE_UNKNOWN = Bima yako ina kikomo. Tafadhali uliza mpango wako wa bima kiasi kilichobaki.
remedy-NEWBORN_UNDER_MOTHER = Kwa sasa mtoto anagharamiwa kupitia kwa mama. Tafadhali mwandikishe mtoto kwenye mpango wako wa bima hivi karibuni.
remedy-AGE_DIFF = Umri kwenye hati yako si sahihi kabisa. Tafadhali omba ofisi iliyoitoa iurekebishe utakapoweza.
remedy-NOT_IN_PACKAGE = Mpango wako wa bima haulipii huduma hii. Tafadhali waulize wahudumu kuna msaada gani.{ remedy-covered }
remedy-FACILITY_UNKNOWN = Huhitaji kufanya chochote. Kituo kinapaswa kuhakiki kuwa kimo katika orodha ya mpango wako wa bima.

## Makundi ya huduma

group-EMER = Huduma ya dharura
group-OPD = Huduma ya wagonjwa wa nje
group-CHILD = Huduma ya watoto chini ya miaka mitano, chanjo
group-ANC = Kliniki ya wajawazito
group-DEL = Kujifungua
group-PNC = Huduma baada ya kujifungua
group-MEDS = Dawa
group-LAB = Vipimo vya maabara
group-IMG = Eksirei na ultrasaundi
group-INP = Kulazwa hospitalini
group-SURG = Upasuaji
group-SPEC = Huduma ya daktari bingwa
group-CHRON = Huduma ya magonjwa sugu
group-DENT = Huduma ya meno
group-REHAB = Huduma ya utengamao
group-TRANSPORT = Usafiri wa mgonjwa
group-OSHV = Uchunguzi wa afya ya kazini

## Malipo

payer-home = Mpango wa bima wa mgonjwa
payer-host = Mpango wa umma wa mahali hapa
payer-shared = Wote wawili: mpango wa mgonjwa na mahali hapa

tariff-host = Bei za mahali hapa
tariff-home = Bei za mpango wa bima wa mgonjwa
tariff-flat = Bei maalumu ya makubaliano

pays-nothing = Halipi chochote
pays-amount = { $amount }
pays-share = { $cap-known ->
    [yes] { $percent }% ya bei, isiyozidi { $cap }
   *[no] { $percent }% ya bei
}
pays-share-of = { $amount } ({ $percent }% ya bei)
pays-no-more-than-covered = Si zaidi ya anacholipa mgonjwa aliye na bima
pays-as-uninsured = Anacholipa mkazi asiye na bima. Tunza risiti: pesa zinaweza kurudishwa kama jibu hili lilikuwa na kosa.

## Mtu, tarehe, hali, sababu

person-match = Imehakikiwa: mtu na hati vinalingana
person-unchecked = Haikuhakikiwa
person-mismatch = Mtu na hati havilingani
person-absent = Mhusika hayupo hapa
person-newborn = Mtoto mchanga, kwa hati ya mama
person-age_diff = Vinalingana, lakini umri unatofautiana

clock-ok = Tarehe inajulikana
clock-operator = Tarehe imeandikwa kwa mkono
clock-unknown = Tarehe haijulikani

status-valid = Halali
status-revoked = Imeondolewa
status-suspended = Imesimamishwa kwa muda
status-superseded = Kuna mpya zaidi badala yake

cause-illness = Ugonjwa au hitaji lingine
cause-work_injury = Jeraha au ugonjwa wa kazini

## Vichwa

heading-slip = Hakiki ya bima
heading-answer = Jibu
heading-assurance = Kiwango cha uhakika
heading-action = La kufanya sasa
heading-patient-pays = Mgonjwa analipa
heading-facility-paid-by = Anayelipa kituo
heading-prices = Bei zilizotumika
heading-reasons = Sababu
heading-tell-patient = Mwambie mgonjwa
heading-appeal = Kama hukubaliani, wasiliana na
heading-rests-on = Msingi wa jibu hili
heading-law = Msingi wa kisheria
heading-receipt = Namba ya risiti
heading-date = Tarehe
heading-time = Saa
heading-clock = Tarehe imetoka wapi
heading-facility = Kituo
heading-place = Mahali
heading-document = Hati
heading-issuer = Ofisi iliyotoa hati
heading-status = Hali ya hati
heading-other-documents = Hati nyingine zilizoonyeshwa
heading-member = Anayehudumiwa
heading-person-check = Uhakiki wa mtu
heading-benefit = Huduma iliyoombwa
heading-payout = Fedha taslimu au vocha
heading-voucher = Namba ya vocha
heading-hand-over = Cha kutoa
heading-cause = Chanzo
heading-amount = Kiasi kinachotarajiwa
heading-emergency = Dharura
heading-referral = Rufaa ya matibabu
heading-preauthorisation = Idhini ya mpango wa bima
heading-yes = Ndiyo
heading-no = Hapana
heading-not-given = haikutolewa
heading-signature = Saini au alama ya kidole gumba
heading-patient-copy = Nakala ya mgonjwa
heading-facility-copy = Nakala ya kituo

## Sentensi

notice-emergency-always-treated = Dharura hutibiwa daima.
notice-second-confirms = Mhudumu wa pili lazima athibitishe kuwa mtu na hati havilingani.
notice-no-diagnosis-no-name = Karatasi hii haina jina wala ugonjwa wa mtu.
notice-not-signed = Haijatiwa saini.
notice-signed-by-facility = Imetiwa saini na kituo.
notice-no-legal-decision = Karatasi hii inasema kilichojulikana hapa siku hii. Si uamuzi wa kisheria.
notice-keep-slip = Tafadhali tunza karatasi hii. Utaihitaji kwa malalamiko au kurudishiwa pesa.
notice-test-data = Taarifa za majaribio: si halali kwa watu halisi.
notice-not-verified = Haijathibitishwa: usiitegemee.
notice-no-document-needed = Hakuna hati inayohitajika kwa huduma hii.
notice-appeal-here = Msimamizi wa kituo hiki. Tafadhali mwonyeshe jibu hili.
notice-pay-out = Lipa au toa kilichoonyeshwa chini ya “{ heading-hand-over }”, mara moja. Usimtoze mtu chochote.
notice-ask-serial = Vocha hii ina namba. Uliza ni namba ipi inatumika leo, ili isitumike mara mbili.

## Msingi wa jibu

age-pack = { $days-form ->
    [0] Taarifa za kifaa: ni za leo
   *[other] Taarifa za kifaa: zina umri wa siku { $days }
}
age-pack-unknown = Taarifa za kifaa: umri haujulikani
age-pack-missing = Taarifa za kifaa: hakuna
age-status = { $days-form ->
    [0] Orodha ya hali za hati: ni ya leo
   *[other] Orodha ya hali za hati: ina umri wa siku { $days }
}
age-status-unknown = Orodha ya hali za hati: umri haujulikani
age-status-missing = Orodha ya hali za hati: haipo kwenye kifaa hiki
rulebook-version = Kanuni za mpango wa bima: toleo { $version }
rulebook-missing = Kanuni za mpango wa bima: hazipo kwenye kifaa hiki
agreement-id = Makubaliano: { $id }
agreement-none = Makubaliano: hakuna
household-line = { $line ->
    [1] Mwenye hati
   *[other] Mwanakaya, mstari { $line }
}

## Kati ya maandishi

list-separator = {", "}
colon = {": "}
