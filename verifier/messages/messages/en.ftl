### What an answer of the coverage decision says to people. English; the other languages follow it message by message.
###
### Short sentences and plain words: staff read in a hurry, and many patients read little. Staff are told what was found
### and what to do; a patient is told a remedy and never accused, since data are wrong more often than people. Use forms
### that fit women and men. Days are YYYY-MM-DD, numbers have western digits, money comes with its currency.
### A name after the "-" is the code that programs print.

## Answer, for staff

decision-COVERED = Covered: for this, here, today
decision-NOT_COVERED = Not covered: for this, here, today
decision-CANNOT_DECIDE = Cannot be decided here today

assurance-FIRM = Certain: the data here is enough for this answer.
assurance-PROVISIONAL = Provisional: something is old or was not checked. See the reasons.
assurance-NONE = No answer: something needed is missing or too old.

## What to do now for the patient, for staff

action-TREAT_NOW = Emergency: treat the patient now. Do not ask for money first.
action-TREAT_FREE = Treat the patient. Take no money: this service is free here for everybody.
action-TREAT_COPAY = Treat the patient. Take only what is shown under “{ heading-patient-pays }”.
action-TREAT_CLAIM_LATER = Treat the patient now. Take no more than a covered patient pays. Give the receipt, keep a copy, and claim the rest later.
action-CONTACT_THEN_TREAT = Contact the scheme first, then treat. Take no more than a covered patient pays. If it becomes an emergency, treat at once.
action-CHARGE_REFUNDABLE = Treat, and charge what a resident without insurance pays. Give the signed receipt, so that the money can be paid back if this answer was wrong.
action-HOLD_RETRY = Do not pay out yet. Give the document back. Update this device and try again, or contact the issuer.
action-REFUSE_WITH_APPEAL = Do not pay out. Explain the reason kindly, give the printed slip, and show where to appeal.
action-NO_ENCOUNTER = Do not record a visit: the person must be here. Give the document back, and ask that the person come.

## Reasons, for staff

reason-NO_CREDENTIAL = No document was shown that can answer this.
reason-UNREADABLE = The code could not be read.
reason-SIG_INVALID = The document could not be confirmed: its signature does not fit.
reason-ISSUER_UNKNOWN = The issuer is not known to this device.
reason-KEY_UNKNOWN = The key that signed the document is not known to this device.
reason-KEY_COMPROMISED = The issuer’s key is no longer safe. The document must be replaced.
reason-OUT_OF_SCOPE = The office that signed the document has no right to sign one of this kind.
reason-DELEGATION_WINDOW = The agent who signed had no valid mandate for that day.
reason-DELEGATION_REVOKED = The mandate of the agent who signed has been withdrawn.
reason-TRUST_LIST_OLD = The list of issuers on this device is old or missing.
reason-RULEBOOK_STALE = The scheme’s rules on this device are old or missing.
reason-TIME_UNKNOWN = This device does not know today’s date.
reason-TIME_OPERATOR = The date was typed by hand.
reason-CLOCK_BEFORE_ISSUE = The document is dated later than this device’s date. Check the date.
reason-DOC_EXPIRED = The document itself is past its date. The right may still exist.
reason-REVOKED = The issuer has withdrawn this document.
reason-SUSPENDED = The issuer has put this cover on hold.
reason-SUSPENDED_STALE = The cover is marked as on hold, but the data here is too old to refuse.
reason-SUSPENDED_BUT_PROTECTED = The cover is on hold, but this service stays covered.
reason-SUPERSEDED = There is a newer document.
reason-STATUS_OLD = The status list on this device is getting old.
reason-STATUS_TOO_OLD = The status list on this device is too old or missing.
reason-PERSON_MISMATCH = Person and document do not match. A second member of staff confirmed it.
reason-PERSON_UNCHECKED = It was not checked whether person and document match.
reason-PERSON_ABSENT = The person is not here.
reason-NOT_STARTED = The cover has not started yet.
reason-WAITING = The waiting period for this service is not over.
reason-IN_GRACE = The paid time is over. The grace period still covers.
reason-RECEIPT_PENDING = Paid with a receipt. The scheme has not recorded it yet.
reason-LAPSED = The paid time and the grace period are over.
reason-NO_AGREEMENT = No agreement makes this cover valid at this place.
reason-NOT_IN_AGREEMENT = The agreement for this place does not include this service.
reason-PREAUTH_NEEDED = The scheme must approve this service first.
reason-FACILITY_NOT_IN_NETWORK = This facility is not in the scheme’s network.
reason-BYPASS = This level of care needs a referral, and none was given.
reason-ALREADY_REDEEMED = This voucher number has been used here before.
reason-CLONE_SUSPECT = The same document was shown today for another person.
reason-ABOVE_OFFLINE_LIMIT = The amount is above what can be confirmed without contacting the scheme.
reason-BALANCE_UNKNOWN = The cover has a limit, and what is left of it is not known here.
reason-NEWBORN_UNDER_MOTHER = The newborn is covered under the mother’s document.
reason-AGE_DIFF = The age differs from the document, within what is tolerated.
reason-NOT_IN_PACKAGE = The scheme does not include this service.
reason-FACILITY_UNKNOWN = This facility is not in the list on this device.

## What the patient is told
## Sentences that end several of these: each brings its own space, and is empty when its value is not known.

remedy-amount = { $amount-known ->
    [yes] {" "}Amount: { $amount }.
   *[no] {""}
}
remedy-pay = { $pay-known ->
    [yes] {" "}How to pay: { $pay }.
   *[no] {""}
}
remedy-covered = { $covered-known ->
    [yes] {" "}You can get here: { $covered }.
   *[no] {""}
}

remedy-NO_CREDENTIAL = Please show your insurance document. If you do not have it, ask your scheme for a new one.
remedy-UNREADABLE = The code could not be read. Please show another copy, or ask the issuer for a new one.
remedy-SIG_INVALID = This paper could not be confirmed. Please ask the issuer for a new one.
remedy-ISSUER_UNKNOWN = The issuer of this document is not yet known here. Please keep the document, and ask the issuer for help.
remedy-KEY_UNKNOWN = This document could not be confirmed here today. Please keep it, and ask the issuer whether you need a new one.
remedy-KEY_COMPROMISED = Documents of this kind are being replaced. You did nothing wrong. Please ask the issuer for a new one.
remedy-OUT_OF_SCOPE = This document must come from another office. You did nothing wrong. Please ask your scheme for a new one.
remedy-DELEGATION_WINDOW = We could not confirm the agent who gave you this document. Please ask your scheme to confirm it or give you a new one.
remedy-DELEGATION_REVOKED = The agent who gave you this document no longer works for your scheme. Please ask your scheme for a new one, and keep your receipts.
remedy-TRUST_LIST_OLD = You need not do anything. The facility must update its data.
remedy-RULEBOOK_STALE = Your scheme’s rules are not up to date here. Please keep the receipt. Your scheme can still decide.
remedy-TIME_UNKNOWN = The date could not be checked here. Please keep the receipt. You need not do anything else.
remedy-TIME_OPERATOR = The date was typed by hand. Please check the date on your receipt.
remedy-CLOCK_BEFORE_ISSUE = The date on this device may be wrong. Please ask the staff to check it and try again.
remedy-DOC_EXPIRED = This document is old. You may still be covered. Please ask the issuer for a new one.
remedy-REVOKED = This document is no longer in use. Please ask the issuer for a new one, or why it was withdrawn.
remedy-SUSPENDED = Your cover is on hold. Please ask your scheme what is needed to start it again.{ remedy-pay }
remedy-SUSPENDED_STALE = Your cover may be on hold. Please keep the receipt, and ask your scheme to confirm your cover.{ remedy-pay }
remedy-SUSPENDED_BUT_PROTECTED = This service is covered for you today. For other services your cover is on hold. Please ask your scheme what is needed.{ remedy-pay }
remedy-SUPERSEDED = There is a newer document for you. Please bring the newer one next time.
remedy-STATUS_OLD = You need not do anything. The facility should update its data soon.
remedy-STATUS_TOO_OLD = The data here is too old to be sure. Please keep the receipt. Your scheme can still confirm your cover.
remedy-PERSON_MISMATCH = We could not confirm that this document is for you. If it is, please ask the issuer to correct it, or come with somebody who knows you.
remedy-PERSON_UNCHECKED = Please let the staff check that the document is for you.
remedy-PERSON_ABSENT = Please come together with the person who needs care.
remedy-NOT_STARTED = { $day-known ->
    [yes] Your cover starts on { $day }. In an emergency you are treated at once.
   *[no] Your cover has not started yet. Please ask your scheme when it starts. In an emergency you are treated at once.
}
remedy-WAITING = { $day-known ->
    [yes] This service is covered for you from { $day }. In an emergency you are treated at once.{ remedy-covered }
   *[no] This service is not covered for you yet. Please ask your scheme from which day it is. In an emergency you are treated at once.{ remedy-covered }
}
remedy-IN_GRACE = { $day-known ->
    [yes] You are covered today. Please pay your contribution by { $day }, so that you stay covered.{ remedy-amount }{ remedy-pay }
   *[no] You are covered today. Please pay your contribution soon, so that you stay covered.{ remedy-amount }{ remedy-pay }
}
remedy-RECEIPT_PENDING = Your payment receipt was accepted. Please keep it until your scheme has recorded the payment.
remedy-LAPSED = The contribution for this time is not recorded here. If you have paid, please show the receipt. If not, please pay it, so that you are covered again.{ remedy-amount }{ remedy-pay }
remedy-NO_AGREEMENT = Your cover is not valid at this place. Please ask your scheme where you can use it.{ remedy-covered }
remedy-NOT_IN_AGREEMENT = Your cover does not include this service at this place. Please ask your scheme where you can get it.{ remedy-covered }
remedy-PREAUTH_NEEDED = Your scheme must approve this service first. Please ask the staff to request the approval.
remedy-FACILITY_NOT_IN_NETWORK = You can use your cover at another facility. Please ask the staff which one is near.{ remedy-covered }
remedy-BYPASS = You may pay more here without a referral. Next time, please go to your health centre first and ask for a referral letter.
remedy-ALREADY_REDEEMED = This voucher number is recorded as used. Please show your next voucher, or ask the issuer to check this one.
remedy-CLONE_SUSPECT = This document was also shown today for another person. Please ask the issuer to check it, so that your cover stays safe.
remedy-ABOVE_OFFLINE_LIMIT = Your scheme must confirm this amount. Please ask the staff to contact your scheme.
remedy-BALANCE_UNKNOWN = Your cover has a limit. Please ask your scheme how much is left.
remedy-NEWBORN_UNDER_MOTHER = The baby is covered under the mother for now. Please register the baby with your scheme soon.
remedy-AGE_DIFF = The age on your document is not quite right. Please ask the issuer to correct it when you can.
remedy-NOT_IN_PACKAGE = Your scheme does not pay for this service. Please ask the staff what help there is.{ remedy-covered }
remedy-FACILITY_UNKNOWN = You need not do anything. The facility must check that it is on your scheme’s list.

## Benefit groups

group-EMER = Emergency care
group-OPD = Outpatient care
group-CHILD = Care for children under five, vaccination
group-ANC = Pregnancy check-ups
group-DEL = Childbirth
group-PNC = Care after birth
group-MEDS = Medicines
group-LAB = Laboratory tests
group-IMG = X-ray and ultrasound
group-INP = Hospital stay
group-SURG = Surgery
group-SPEC = Specialist care
group-CHRON = Care for long-lasting illness
group-DENT = Dental care
group-REHAB = Rehabilitation
group-TRANSPORT = Patient transport
group-OSHV = Health check for work

## Payment

payer-home = The patient’s own scheme
payer-host = The public programme of this place
payer-shared = Both: the patient’s scheme and this place

tariff-host = Prices of this place
tariff-home = Prices of the patient’s scheme
tariff-flat = Fixed price from the agreement

pays-nothing = Nothing
pays-amount = { $amount }
pays-share = { $cap-known ->
    [yes] { $percent }% of the price, at most { $cap }
   *[no] { $percent }% of the price
}
pays-share-of = { $amount } ({ $percent }% of the price)
pays-no-more-than-covered = No more than a covered patient pays
pays-as-uninsured = What a resident without insurance pays. Keep the receipt: the money can be paid back if this answer was wrong.

## Person, time, status, cause

person-match = Checked: person and document match
person-unchecked = Not checked
person-mismatch = Person and document do not match
person-absent = The person is not here
person-newborn = Newborn, under the mother’s document
person-age_diff = Matches, but the age differs

clock-ok = Date known
clock-operator = Date typed by hand
clock-unknown = Date not known

status-valid = Valid
status-revoked = Withdrawn
status-suspended = On hold
status-superseded = Replaced by a newer one

cause-illness = Illness or other need
cause-work_injury = Injury or illness from work

## Headings

heading-slip = Cover check
heading-answer = Answer
heading-assurance = How certain
heading-action = What to do now
heading-patient-pays = The patient pays
heading-facility-paid-by = Who pays the facility
heading-prices = Prices used
heading-reasons = Reasons
heading-tell-patient = Tell the patient
heading-appeal = If you do not agree, contact
heading-rests-on = This answer rests on
heading-law = Legal basis
heading-receipt = Receipt number
heading-date = Date
heading-time = Time
heading-clock = Source of the date
heading-facility = Facility
heading-place = Place
heading-document = Document
heading-issuer = Issuer
heading-status = Status
heading-other-documents = Other documents shown
heading-member = Person served
heading-person-check = Check of the person
heading-benefit = Service asked for
heading-payout = Cash or voucher
heading-voucher = Voucher number
heading-hand-over = To hand over
heading-cause = Cause
heading-amount = Expected amount
heading-emergency = Emergency
heading-referral = Referral
heading-preauthorisation = Approval by the scheme
heading-yes = Yes
heading-no = No
heading-not-given = not given
heading-signature = Signature or thumbprint
heading-patient-copy = Copy for the patient
heading-facility-copy = Copy for the facility

## Sentences

notice-emergency-always-treated = An emergency is always treated.
notice-second-confirms = A second member of staff must confirm that person and document do not match.
notice-no-diagnosis-no-name = This slip carries no diagnosis and no name.
notice-not-signed = Not signed.
notice-signed-by-facility = Signed by the facility.
notice-no-legal-decision = This slip says what was known here on this day. It is not a legal decision.
notice-keep-slip = Please keep this slip. You need it to appeal or to get money back.
notice-test-data = Test data: not valid for real people.
notice-not-verified = Not verified: do not rely on this.
notice-no-document-needed = No document is needed for this.
notice-appeal-here = The person in charge at this facility. Please show this answer there.
notice-pay-out = Pay out, or hand over, what is shown under “{ heading-hand-over }”, once. Nothing is taken from the person.
notice-ask-serial = This voucher has numbers. Ask which one is used today, so that it is not used twice.

## What the answer rests on
## $days-form is a number with the plural form of $days.

age-pack = { $days-form ->
    [0] Data pack: from today
    [one] Data pack: { $days } day old
   *[other] Data pack: { $days } days old
}
age-pack-unknown = Data pack: age not known
age-pack-missing = Data pack: none on this device
age-status = { $days-form ->
    [0] Status list: from today
    [one] Status list: { $days } day old
   *[other] Status list: { $days } days old
}
age-status-unknown = Status list: age not known
age-status-missing = Status list: none on this device
rulebook-version = Scheme rules: version { $version }
rulebook-missing = Scheme rules: none on this device
agreement-id = Agreement: { $id }
agreement-none = Agreement: none
household-line = { $line ->
    [1] Holder of the document
   *[other] Household member, line { $line }
}

## Between texts

list-separator = {", "}
colon = {": "}
