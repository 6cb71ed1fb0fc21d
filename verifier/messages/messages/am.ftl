### አማርኛ፦ መልሱ ለሠራተኞችና ለታካሚ የሚለው። en.ftlን መልእክት በመልእክት ይከተላል።
### የአክብሮት አነጋገር (እርስዎ) ለሴቶችም ለወንዶችም ይሆናል። ቃላት፦ መድን፣ መዋጮ፣ የመጠበቂያ ጊዜ፣ የእፎይታ ጊዜ፣ ቅሬታ።

## መልስ፣ ለሠራተኞች

decision-COVERED = በመድን ይሸፈናል፦ ለዚህ ጥያቄ፣ እዚህ፣ ዛሬ
decision-NOT_COVERED = በመድን አይሸፈንም፦ ለዚህ ጥያቄ፣ እዚህ፣ ዛሬ
decision-CANNOT_DECIDE = ዛሬ እዚህ መወሰን አይቻልም

assurance-FIRM = የተረጋገጠ፦ እዚህ ያለው መረጃ ለዚህ መልስ በቂ ነው።
assurance-PROVISIONAL = ጊዜያዊ፦ የቆየ ወይም ያልተረጋገጠ ነገር አለ። ምክንያቶቹን ይመልከቱ።
assurance-NONE = መልስ የለም፦ አስፈላጊ ነገር የለም ወይም በጣም ቆይቷል።

## አሁን ለታካሚ ምን ይደረግ፣ ለሠራተኞች

action-TREAT_NOW = ድንገተኛ ሁኔታ፦ አሁኑኑ ሕክምና ይስጡ። አስቀድመው ገንዘብ አይጠይቁ።
action-TREAT_FREE = ሕክምና ይስጡ። ገንዘብ አይቀበሉ፦ ይህ አገልግሎት እዚህ ለሁሉም ነፃ ነው።
action-TREAT_COPAY = ሕክምና ይስጡ። “{ heading-patient-pays }” በሚለው ስር የተጻፈውን ብቻ ይቀበሉ።
action-TREAT_CLAIM_LATER = አሁን ሕክምና ይስጡ። በመድን የተሸፈነ ታካሚ ከሚከፍለው በላይ አይቀበሉ። ደረሰኝ ይስጡ፣ ቅጂ ይያዙ፣ ቀሪውን በኋላ ከመድኑ ይጠይቁ።
action-CONTACT_THEN_TREAT = መጀመሪያ የመድን ተቋሙን ያነጋግሩ፣ ከዚያ ሕክምና ይስጡ። በመድን የተሸፈነ ታካሚ ከሚከፍለው በላይ አይቀበሉ። ድንገተኛ ከሆነ ወዲያውኑ ያክሙ።
action-CHARGE_REFUNDABLE = ሕክምና ይስጡ፣ መድን የሌለው ነዋሪ የሚከፍለውን ያስከፍሉ። ይህ መልስ ስህተት ከሆነ ገንዘቡ እንዲመለስ የተፈረመ ደረሰኝ ይስጡ።
action-HOLD_RETRY = ገና ክፍያ አይፈጽሙ። ሰነዱን ይመልሱ። ይህን መሣሪያ አድሰው እንደገና ይሞክሩ፣ ወይም ሰነዱን የሰጠውን ተቋም ያነጋግሩ።
action-REFUSE_WITH_APPEAL = ክፍያ አይፈጽሙ። ምክንያቱን በአክብሮት ያስረዱ፣ የታተመውን ወረቀት ይስጡ፣ ቅሬታ የት እንደሚቀርብ ያሳዩ።
action-NO_ENCOUNTER = ጉብኝት አይመዝግቡ፦ የሰነዱ ባለቤት እዚህ መገኘት አለባቸው። ሰነዱን ይመልሱ፣ ባለቤቱ እንዲመጡ ይጠይቁ።

## ምክንያቶች፣ ለሠራተኞች

reason-NO_CREDENTIAL = ለዚህ መልስ የሚሆን ሰነድ አልቀረበም።
reason-UNREADABLE = ኮዱን ማንበብ አልተቻለም።
reason-SIG_INVALID = ሰነዱን ማረጋገጥ አልተቻለም፦ ፊርማው አይመሳሰልም።
reason-ISSUER_UNKNOWN = ሰነዱን የሰጠው ተቋም በዚህ መሣሪያ አይታወቅም።
reason-KEY_UNKNOWN = ሰነዱን የፈረመው ቁልፍ በዚህ መሣሪያ አይታወቅም።
reason-KEY_COMPROMISED = ሰነዱን የሰጠው ተቋም ቁልፍ ከእንግዲህ አስተማማኝ አይደለም። ሰነዱ መተካት አለበት።
reason-OUT_OF_SCOPE = የፈረመው ቢሮ እንዲህ ያለ ሰነድ የመፈረም ሥልጣን የለውም።
reason-DELEGATION_WINDOW = የፈረመው ወኪል ለዚያ ቀን የጸና ውክልና አልነበረውም።
reason-DELEGATION_REVOKED = የፈረመው ወኪል ውክልና ተነሥቷል።
reason-TRUST_LIST_OLD = በዚህ መሣሪያ ያለው የሰነድ ሰጪ ተቋማት ዝርዝር ቆይቷል ወይም የለም።
reason-RULEBOOK_STALE = በዚህ መሣሪያ ያለው የመድን ተቋሙ ደንብ ቆይቷል ወይም የለም።
reason-TIME_UNKNOWN = ይህ መሣሪያ የዛሬን ቀን አያውቅም።
reason-TIME_OPERATOR = ቀኑ በእጅ ተጽፏል።
reason-CLOCK_BEFORE_ISSUE = የሰነዱ ቀን ከዚህ መሣሪያ ቀን በኋላ ነው። ቀኑን ያረጋግጡ።
reason-DOC_EXPIRED = የሰነዱ ጊዜ አልፏል። መብቱ ግን አሁንም ሊኖር ይችላል።
reason-REVOKED = ሰነዱን የሰጠው ተቋም ከአገልግሎት አውጥቶታል።
reason-SUSPENDED = ሰነዱን የሰጠው ተቋም ይህን መድን ለጊዜው አቁሞታል።
reason-SUSPENDED_STALE = መድኑ ለጊዜው እንደቆመ ተመዝግቧል፣ ነገር ግን እዚህ ያለው መረጃ ለመከልከል በጣም ቆይቷል።
reason-SUSPENDED_BUT_PROTECTED = መድኑ ለጊዜው ቆሟል፣ ነገር ግን ይህ አገልግሎት እንደተሸፈነ ይቆያል።
reason-SUPERSEDED = ከዚህ የበለጠ አዲስ ሰነድ አለ።
reason-STATUS_OLD = በዚህ መሣሪያ ያለው የሰነዶች ሁኔታ ዝርዝር እየቆየ ነው።
reason-STATUS_TOO_OLD = በዚህ መሣሪያ ያለው የሰነዶች ሁኔታ ዝርዝር በጣም ቆይቷል ወይም የለም።
reason-PERSON_MISMATCH = ሰውና ሰነድ አይመሳሰሉም። ሁለተኛ ሠራተኛ ይህን አረጋግጧል።
reason-PERSON_UNCHECKED = ሰውና ሰነድ መመሳሰላቸው አልተረጋገጠም።
reason-PERSON_ABSENT = የሰነዱ ባለቤት እዚህ የሉም።
reason-NOT_STARTED = መድኑ ገና አልጀመረም።
reason-WAITING = የዚህ አገልግሎት የመጠበቂያ ጊዜ አላበቃም።
reason-IN_GRACE = የተከፈለበት ጊዜ አብቅቷል። የእፎይታ ጊዜው አሁንም ይሸፍናል።
reason-RECEIPT_PENDING = በደረሰኝ ተከፍሏል። የመድን ተቋሙ ገና አልመዘገበውም።
reason-LAPSED = የተከፈለበት ጊዜና የእፎይታ ጊዜው አብቅተዋል።
reason-NO_AGREEMENT = ይህን መድን በዚህ ቦታ የሚያጸና ስምምነት የለም።
reason-NOT_IN_AGREEMENT = ለዚህ ቦታ ያለው ስምምነት ይህን አገልግሎት አያካትትም።
reason-PREAUTH_NEEDED = የመድን ተቋሙ ይህን አገልግሎት አስቀድሞ መፍቀድ አለበት።
reason-FACILITY_NOT_IN_NETWORK = ይህ ጤና ተቋም ከመድን ተቋሙ ጋር ውል የለውም።
reason-BYPASS = ይህ የሕክምና ደረጃ የሪፈራል ወረቀት ይፈልጋል፣ ወረቀቱም አልቀረበም።
reason-ALREADY_REDEEMED = ይህ የቫውቸር ቁጥር ከዚህ በፊት እዚህ ጥቅም ላይ ውሏል።
reason-CLONE_SUSPECT = ይኸው ሰነድ ዛሬ ለሌላ ሰው ቀርቧል።
reason-ABOVE_OFFLINE_LIMIT = ገንዘቡ የመድን ተቋሙን ሳያነጋግሩ ሊረጋገጥ ከሚችለው በላይ ነው።
reason-BALANCE_UNKNOWN = መድኑ ጣሪያ አለው፣ ቀሪው ምን ያህል እንደሆነ እዚህ አይታወቅም።
reason-NEWBORN_UNDER_MOTHER = አዲስ የተወለደው ሕፃን በእናት ሰነድ ይሸፈናል።
reason-AGE_DIFF = ዕድሜው ከሰነዱ ይለያል፣ ልዩነቱ ግን ተቀባይነት አለው።
reason-NOT_IN_PACKAGE = የመድን ተቋሙ ይህን አገልግሎት አያካትትም።
reason-FACILITY_UNKNOWN = ይህ ጤና ተቋም በዚህ መሣሪያ ዝርዝር ውስጥ የለም።

## ለታካሚ የሚነገር

remedy-amount = { $amount-known ->
    [yes] {" "}መጠን፦ { $amount }።
   *[no] {""}
}
remedy-pay = { $pay-known ->
    [yes] {" "}የአከፋፈል መንገድ፦ { $pay }።
   *[no] {""}
}
remedy-covered = { $covered-known ->
    [yes] {" "}እዚህ ማግኘት የሚችሉት፦ { $covered }።
   *[no] {""}
}

remedy-NO_CREDENTIAL = እባክዎ የመድን ሰነድዎን ያሳዩ። ከሌለዎት ከመድን ተቋምዎ አዲስ ይጠይቁ።
remedy-UNREADABLE = ኮዱን ማንበብ አልተቻለም። እባክዎ ሌላ ቅጂ ያሳዩ፣ ወይም ሰነዱን ከሰጠው ተቋም አዲስ ይጠይቁ።
remedy-SIG_INVALID = ይህን ወረቀት ማረጋገጥ አልተቻለም። እባክዎ ከሰጠው ተቋም አዲስ ይጠይቁ።
remedy-ISSUER_UNKNOWN = ይህን ሰነድ የሰጠው ተቋም እዚህ ገና አይታወቅም። እባክዎ ሰነዱን ይያዙ፣ ከሰጠው ተቋም እርዳታ ይጠይቁ።
remedy-KEY_UNKNOWN = ይህን ሰነድ ዛሬ እዚህ ማረጋገጥ አልተቻለም። እባክዎ ይያዙት፣ አዲስ ያስፈልግዎት እንደሆነ የሰጠውን ተቋም ይጠይቁ።
remedy-KEY_COMPROMISED = እንዲህ ያሉ ሰነዶች እየተተኩ ነው። የእርስዎ ጥፋት አይደለም። እባክዎ ከሰጠው ተቋም አዲስ ይጠይቁ።
remedy-OUT_OF_SCOPE = ይህ ሰነድ ከሌላ ቢሮ መምጣት አለበት። የእርስዎ ጥፋት አይደለም። እባክዎ ከመድን ተቋምዎ አዲስ ይጠይቁ።
remedy-DELEGATION_WINDOW = ይህን ሰነድ የሰጠዎትን ወኪል ማረጋገጥ አልቻልንም። እባክዎ የመድን ተቋምዎ እንዲያረጋግጠው ወይም አዲስ እንዲሰጥዎ ይጠይቁ።
remedy-DELEGATION_REVOKED = ይህን ሰነድ የሰጠዎት ወኪል ከእንግዲህ ለመድን ተቋምዎ አይሠራም። እባክዎ ከመድን ተቋምዎ አዲስ ይጠይቁ፣ ደረሰኞችዎንም ይያዙ።
remedy-TRUST_LIST_OLD = ምንም ማድረግ አያስፈልግዎትም። ጤና ተቋሙ መረጃውን ማደስ አለበት።
remedy-RULEBOOK_STALE = የመድን ተቋምዎ ደንብ እዚህ አልታደሰም። እባክዎ ደረሰኙን ይያዙ። የመድን ተቋምዎ አሁንም ሊወስን ይችላል።
remedy-TIME_UNKNOWN = ቀኑን እዚህ ማረጋገጥ አልተቻለም። እባክዎ ደረሰኙን ይያዙ። ሌላ ምንም ማድረግ አያስፈልግዎትም።
remedy-TIME_OPERATOR = ቀኑ በእጅ ተጽፏል። እባክዎ በደረሰኝዎ ላይ ያለውን ቀን ያረጋግጡ።
remedy-CLOCK_BEFORE_ISSUE = የዚህ መሣሪያ ቀን ትክክል ላይሆን ይችላል። እባክዎ ሠራተኞቹ አረጋግጠው እንደገና እንዲሞክሩ ይጠይቁ።
remedy-DOC_EXPIRED = ይህ ሰነድ ቆይቷል። መድንዎ አሁንም ሊጸና ይችላል። እባክዎ ከሰጠው ተቋም አዲስ ይጠይቁ።
remedy-REVOKED = ይህ ሰነድ ከእንግዲህ አይሠራም። እባክዎ ከሰጠው ተቋም አዲስ ይጠይቁ፣ ወይም ለምን ከአገልግሎት እንደወጣ ይጠይቁ።
remedy-SUSPENDED = መድንዎ ለጊዜው ቆሟል። እንዲቀጥል ምን እንደሚያስፈልግ እባክዎ የመድን ተቋምዎን ይጠይቁ።{ remedy-pay }
remedy-SUSPENDED_STALE = መድንዎ ለጊዜው ቆሞ ሊሆን ይችላል። እባክዎ ደረሰኙን ይያዙ፣ መድንዎን እንዲያረጋግጥ የመድን ተቋምዎን ይጠይቁ።{ remedy-pay }
remedy-SUSPENDED_BUT_PROTECTED = ይህ አገልግሎት ዛሬ ለእርስዎ ይሸፈናል። ለሌሎች አገልግሎቶች መድንዎ ለጊዜው ቆሟል። ምን እንደሚያስፈልግ እባክዎ የመድን ተቋምዎን ይጠይቁ።{ remedy-pay }
remedy-SUPERSEDED = ከዚህ የበለጠ አዲስ ሰነድ አለዎት። እባክዎ በሚቀጥለው ጊዜ አዲሱን ያምጡ።
remedy-STATUS_OLD = ምንም ማድረግ አያስፈልግዎትም። ጤና ተቋሙ መረጃውን በቅርቡ ማደስ አለበት።
remedy-STATUS_TOO_OLD = እዚህ ያለው መረጃ እርግጠኛ ለመሆን በጣም ቆይቷል። እባክዎ ደረሰኙን ይያዙ። የመድን ተቋምዎ አሁንም መድንዎን ሊያረጋግጥ ይችላል።
remedy-PERSON_MISMATCH = ይህ ሰነድ የእርስዎ መሆኑን ማረጋገጥ አልቻልንም። የእርስዎ ከሆነ፣ እባክዎ የሰጠው ተቋም እንዲያስተካክለው ይጠይቁ፣ ወይም ከሚያውቅዎ ሰው ጋር ይምጡ።
remedy-PERSON_UNCHECKED = ሰነዱ የእርስዎ መሆኑን ሠራተኞቹ እንዲያረጋግጡ እባክዎ ይፍቀዱ።
remedy-PERSON_ABSENT = እባክዎ ሕክምና ከሚያስፈልገው ሰው ጋር አብረው ይምጡ።
remedy-NOT_STARTED = { $day-known ->
    [yes] መድንዎ የሚጀምረው { $day } ነው። በድንገተኛ ሁኔታ ወዲያውኑ ሕክምና ያገኛሉ።
   *[no] መድንዎ ገና አልጀመረም። መቼ እንደሚጀምር እባክዎ የመድን ተቋምዎን ይጠይቁ። በድንገተኛ ሁኔታ ወዲያውኑ ሕክምና ያገኛሉ።
}
remedy-WAITING = { $day-known ->
    [yes] ይህ አገልግሎት ከ{ $day } ጀምሮ ለእርስዎ ይሸፈናል። በድንገተኛ ሁኔታ ወዲያውኑ ሕክምና ያገኛሉ።{ remedy-covered }
   *[no] ይህ አገልግሎት ለእርስዎ ገና አይሸፈንም። ከየትኛው ቀን ጀምሮ እንደሚሸፈን እባክዎ የመድን ተቋምዎን ይጠይቁ። በድንገተኛ ሁኔታ ወዲያውኑ ሕክምና ያገኛሉ።{ remedy-covered }
}
remedy-IN_GRACE = { $day-known ->
    [yes] ዛሬ መድንዎ ይሸፍንዎታል። እንዲቀጥል እባክዎ መዋጮዎን እስከ { $day } ይክፈሉ።{ remedy-amount }{ remedy-pay }
   *[no] ዛሬ መድንዎ ይሸፍንዎታል። እንዲቀጥል እባክዎ መዋጮዎን በቅርቡ ይክፈሉ።{ remedy-amount }{ remedy-pay }
}
remedy-RECEIPT_PENDING = የክፍያ ደረሰኝዎ ተቀባይነት አግኝቷል። የመድን ተቋምዎ ክፍያውን እስኪመዘግብ ድረስ እባክዎ ይያዙት።
remedy-LAPSED = የዚህ ጊዜ መዋጮ እዚህ አልተመዘገበም። ከፍለው ከሆነ እባክዎ ደረሰኙን ያሳዩ። ካልሆነ እንደገና እንዲሸፈኑ እባክዎ ይክፈሉ።{ remedy-amount }{ remedy-pay }
remedy-NO_AGREEMENT = መድንዎ በዚህ ቦታ አይሠራም። የት ሊጠቀሙበት እንደሚችሉ እባክዎ የመድን ተቋምዎን ይጠይቁ።{ remedy-covered }
remedy-NOT_IN_AGREEMENT = መድንዎ በዚህ ቦታ ይህን አገልግሎት አያካትትም። የት ሊያገኙት እንደሚችሉ እባክዎ የመድን ተቋምዎን ይጠይቁ።{ remedy-covered }
remedy-PREAUTH_NEEDED = የመድን ተቋምዎ ይህን አገልግሎት አስቀድሞ መፍቀድ አለበት። እባክዎ ሠራተኞቹ ፈቃዱን እንዲጠይቁ ይንገሯቸው።
remedy-FACILITY_NOT_IN_NETWORK = መድንዎን በሌላ ጤና ተቋም መጠቀም ይችላሉ። ቅርብ የሆነውን እባክዎ ሠራተኞቹን ይጠይቁ።{ remedy-covered }
remedy-BYPASS = ያለ ሪፈራል ወረቀት እዚህ የበለጠ ሊከፍሉ ይችላሉ። በሚቀጥለው ጊዜ እባክዎ መጀመሪያ ወደ ጤና ጣቢያዎ ይሂዱ፣ የሪፈራል ወረቀት ይጠይቁ።
remedy-ALREADY_REDEEMED = ይህ የቫውቸር ቁጥር ጥቅም ላይ እንደዋለ ተመዝግቧል። እባክዎ ቀጣዩን ቫውቸር ያሳዩ፣ ወይም የሰጠው ተቋም ይህን እንዲያጣራ ይጠይቁ።
remedy-CLONE_SUSPECT = ይህ ሰነድ ዛሬ ለሌላ ሰውም ቀርቧል። መድንዎ እንዲጠበቅ እባክዎ የሰጠው ተቋም እንዲያጣራ ይጠይቁ።
remedy-ABOVE_OFFLINE_LIMIT = የመድን ተቋምዎ ይህን የገንዘብ መጠን ማረጋገጥ አለበት። እባክዎ ሠራተኞቹ ተቋሙን እንዲያነጋግሩ ይንገሯቸው።
remedy-BALANCE_UNKNOWN = መድንዎ ጣሪያ አለው። ቀሪው ምን ያህል እንደሆነ እባክዎ የመድን ተቋምዎን ይጠይቁ።
remedy-NEWBORN_UNDER_MOTHER = ሕፃኑ ለጊዜው ከእናት ጋር ይሸፈናል። እባክዎ ሕፃኑን በቅርቡ በመድን ተቋምዎ ያስመዝግቡ።
remedy-AGE_DIFF = በሰነድዎ ላይ ያለው ዕድሜ ትክክለኛ አይደለም። እባክዎ ሲችሉ የሰጠው ተቋም እንዲያስተካክለው ይጠይቁ።
remedy-NOT_IN_PACKAGE = የመድን ተቋምዎ ለዚህ አገልግሎት አይከፍልም። ምን እርዳታ እንዳለ እባክዎ ሠራተኞቹን ይጠይቁ።{ remedy-covered }
remedy-FACILITY_UNKNOWN = ምንም ማድረግ አያስፈልግዎትም። ጤና ተቋሙ በመድን ተቋምዎ ዝርዝር ውስጥ መኖሩን ማረጋገጥ አለበት።

## የአገልግሎት ዓይነቶች

group-EMER = ድንገተኛ ሕክምና
group-OPD = የተመላላሽ ሕክምና
group-CHILD = ከአምስት ዓመት በታች ላሉ ሕፃናት ሕክምና፣ ክትባት
group-ANC = የእርግዝና ክትትል
group-DEL = የወሊድ አገልግሎት
group-PNC = ከወሊድ በኋላ ክትትል
group-MEDS = መድኃኒት
group-LAB = የላቦራቶሪ ምርመራ
group-IMG = ራጅና አልትራሳውንድ
group-INP = ተኝቶ መታከም
group-SURG = ቀዶ ሕክምና
group-SPEC = የልዩ ሐኪም ሕክምና
group-CHRON = ሥር የሰደደ ሕመም ክትትል
group-DENT = የጥርስ ሕክምና
group-REHAB = የተሃድሶ ሕክምና
group-TRANSPORT = የታካሚ መጓጓዣ
group-OSHV = የሥራ ላይ ጤና ምርመራ

## ክፍያ

payer-home = የታካሚ የራስ መድን ተቋም
payer-host = የዚህ ቦታ የመንግሥት ፕሮግራም
payer-shared = ሁለቱም፦ የታካሚ መድን ተቋምና ይህ ቦታ

tariff-host = የዚህ ቦታ ዋጋ
tariff-home = የታካሚ መድን ተቋም ዋጋ
tariff-flat = በስምምነቱ የተወሰነ ዋጋ

pays-nothing = ምንም አይከፈልም
pays-amount = { $amount }
pays-share = { $cap-known ->
    [yes] የዋጋው { $percent }%፣ ቢበዛ { $cap }
   *[no] የዋጋው { $percent }%
}
pays-share-of = { $amount } (የዋጋው { $percent }%)
pays-no-more-than-covered = በመድን የተሸፈነ ታካሚ ከሚከፍለው አይበልጥም
pays-as-uninsured = መድን የሌለው ነዋሪ የሚከፍለው። ደረሰኙን ይያዙ፦ ይህ መልስ ስህተት ከሆነ ገንዘቡ ሊመለስ ይችላል።

## ሰው፣ ቀን፣ ሁኔታ፣ መንስኤ

person-match = ተረጋግጧል፦ ሰውና ሰነድ ይመሳሰላሉ
person-unchecked = አልተረጋገጠም
person-mismatch = ሰውና ሰነድ አይመሳሰሉም
person-absent = የሰነዱ ባለቤት እዚህ የሉም
person-newborn = አዲስ የተወለደ ሕፃን፣ በእናት ሰነድ
person-age_diff = ይመሳሰላል፣ ዕድሜ ግን ይለያል

clock-ok = ቀኑ ይታወቃል
clock-operator = ቀኑ በእጅ ተጽፏል
clock-unknown = ቀኑ አይታወቅም

status-valid = የጸና
status-revoked = ከአገልግሎት ወጥቷል
status-suspended = ለጊዜው ቆሟል
status-superseded = በአዲስ ተተክቷል

cause-illness = ሕመም ወይም ሌላ ምክንያት
cause-work_injury = የሥራ ላይ ጉዳት ወይም ከሥራ የመጣ ሕመም

## ርዕሶች

heading-slip = የመድን ሽፋን ማረጋገጫ
heading-answer = መልስ
heading-assurance = የመልሱ እርግጠኝነት
heading-action = አሁን ምን ይደረግ
heading-patient-pays = ታካሚ የሚከፍለው
heading-facility-paid-by = ለጤና ተቋሙ ከፋይ
heading-prices = የተጠቀምነው ዋጋ
heading-reasons = ምክንያቶች
heading-tell-patient = ለታካሚ ይንገሩ
heading-appeal = ካልተስማሙ የሚያነጋግሩት
heading-rests-on = የመልሱ መሠረት
heading-law = ሕጋዊ መሠረት
heading-receipt = የደረሰኝ ቁጥር
heading-date = ቀን
heading-time = ሰዓት
heading-clock = ቀኑ የተገኘበት
heading-facility = ጤና ተቋም
heading-place = ቦታ
heading-document = ሰነድ
heading-issuer = ሰነዱን የሰጠው ተቋም
heading-status = የሰነዱ ሁኔታ
heading-other-documents = የቀረቡ ሌሎች ሰነዶች
heading-member = ተገልጋይ
heading-person-check = ሰውን ማረጋገጥ
heading-benefit = የተጠየቀው አገልግሎት
heading-payout = ጥሬ ገንዘብ ወይም ቫውቸር
heading-voucher = የቫውቸር ቁጥር
heading-hand-over = የሚሰጠው
heading-cause = መንስኤ
heading-amount = የሚጠበቀው የገንዘብ መጠን
heading-emergency = ድንገተኛ ሁኔታ
heading-referral = ሪፈራል
heading-preauthorisation = የመድን ተቋሙ ፈቃድ
heading-yes = አዎ
heading-no = አይደለም
heading-not-given = አልተሰጠም
heading-signature = ፊርማ ወይም የአውራ ጣት አሻራ
heading-patient-copy = የታካሚ ቅጂ
heading-facility-copy = የጤና ተቋሙ ቅጂ

## ዓረፍተ ነገሮች

notice-emergency-always-treated = ድንገተኛ ሁኔታ ሁልጊዜ ሕክምና ያገኛል።
notice-second-confirms = ሰውና ሰነድ እንደማይመሳሰሉ ሁለተኛ ሠራተኛ ማረጋገጥ አለበት።
notice-no-diagnosis-no-name = ይህ ወረቀት የሕመም ዓይነትም ስምም የለውም።
notice-not-signed = አልተፈረመም።
notice-signed-by-facility = በጤና ተቋሙ ተፈርሟል።
notice-no-legal-decision = ይህ ወረቀት በዚህ ቀን እዚህ የታወቀውን ይገልጻል። ሕጋዊ ውሳኔ አይደለም።
notice-keep-slip = እባክዎ ይህን ወረቀት ይያዙ። ቅሬታ ለማቅረብ ወይም ገንዘብ ለማስመለስ ያስፈልግዎታል።
notice-test-data = የሙከራ መረጃ፦ ለእውነተኛ ሰዎች አያገለግልም።
notice-not-verified = አልተረጋገጠም፦ አይመኑበት።
notice-no-document-needed = ለዚህ ሰነድ አያስፈልግም።
notice-appeal-here = የዚህ ተቋም ኃላፊ። እባክዎ ይህን መልስ እዚያ ያሳዩ።
notice-pay-out = በ“{ heading-hand-over }” ስር የተጻፈውን አንድ ጊዜ ብቻ ይክፈሉ ወይም ያስረክቡ። ከሰውየው ምንም አይወሰድም።
notice-ask-serial = ይህ ቫውቸር ቁጥሮች አሉት። ሁለት ጊዜ እንዳይጠቀሙበት ዛሬ የትኛው እንደሚጠቀሙ ይጠይቁ።

## መልሱ የተመሠረተበት

age-pack = { $days-form ->
    [0] የመሣሪያው መረጃ፦ የዛሬ
    [one] የመሣሪያው መረጃ፦ የ{ $days } ቀን
   *[other] የመሣሪያው መረጃ፦ የ{ $days } ቀናት
}
age-pack-unknown = የመሣሪያው መረጃ፦ ዕድሜው አይታወቅም
age-pack-missing = የመሣሪያው መረጃ፦ የለም
age-status = { $days-form ->
    [0] የሰነዶች ሁኔታ ዝርዝር፦ የዛሬ
    [one] የሰነዶች ሁኔታ ዝርዝር፦ የ{ $days } ቀን
   *[other] የሰነዶች ሁኔታ ዝርዝር፦ የ{ $days } ቀናት
}
age-status-unknown = የሰነዶች ሁኔታ ዝርዝር፦ ዕድሜው አይታወቅም
age-status-missing = የሰነዶች ሁኔታ ዝርዝር፦ በዚህ መሣሪያ የለም
rulebook-version = የመድን ተቋሙ ደንብ፦ እትም { $version }
rulebook-missing = የመድን ተቋሙ ደንብ፦ በዚህ መሣሪያ የለም
agreement-id = ስምምነት፦ { $id }
agreement-none = ስምምነት፦ የለም
household-line = { $line ->
    [1] የሰነዱ ባለቤት
   *[other] የቤተሰብ አባል፣ መስመር { $line }
}

## በጽሑፎች መካከል

list-separator = {"፣ "}
colon = {"፦ "}
