### Français : ce que la réponse dit au personnel et à la personne soignée. Suit en.ftl message par message.
### Vocabulaire des régimes d’Afrique francophone : prise en charge, cotisation, délai de carence, entente préalable.

## Réponse, pour le personnel

decision-COVERED = Pris en charge : pour cette demande, ici, aujourd’hui
decision-NOT_COVERED = Non pris en charge : pour cette demande, ici, aujourd’hui
decision-CANNOT_DECIDE = Impossible de décider ici aujourd’hui

assurance-FIRM = Sûr : les données présentes suffisent pour cette réponse.
assurance-PROVISIONAL = Provisoire : un élément est ancien ou n’a pas été vérifié. Voir les motifs.
assurance-NONE = Pas de réponse : un élément nécessaire manque ou est trop ancien.

## Que faire maintenant pour la personne, pour le personnel

action-TREAT_NOW = Urgence : soignez la personne tout de suite. Ne demandez pas d’argent avant.
action-TREAT_FREE = Soignez la personne. Ne demandez pas d’argent : ce soin est gratuit ici pour tous.
action-TREAT_COPAY = Soignez la personne. Ne prenez que ce qui est indiqué sous « { heading-patient-pays } ».
action-TREAT_CLAIM_LATER = Soignez la personne maintenant. Ne prenez pas plus que ce que paie une personne prise en charge. Remettez le reçu, gardez une copie et facturez le reste au régime plus tard.
action-CONTACT_THEN_TREAT = Contactez d’abord le régime, puis soignez. Ne prenez pas plus que ce que paie une personne prise en charge. Si cela devient une urgence, soignez tout de suite.
action-CHARGE_REFUNDABLE = Soignez, et demandez ce que paie une personne d’ici sans assurance. Remettez le reçu signé, pour que l’argent puisse être rendu si cette réponse était fausse.
action-HOLD_RETRY = Ne payez pas encore. Rendez le document. Mettez cet appareil à jour et réessayez, ou contactez l’émetteur.
action-REFUSE_WITH_APPEAL = Ne payez pas. Expliquez le motif avec respect, remettez la fiche imprimée et montrez où faire un recours.
action-NO_ENCOUNTER = N’enregistrez pas de visite : la personne doit être présente. Rendez le document et demandez que la personne vienne.

## Motifs, pour le personnel

reason-NO_CREDENTIAL = Aucun document présenté ne permet de répondre.
reason-UNREADABLE = Le code n’a pas pu être lu.
reason-SIG_INVALID = Le document n’a pas pu être confirmé : sa signature ne correspond pas.
reason-ISSUER_UNKNOWN = L’émetteur n’est pas connu de cet appareil.
reason-KEY_UNKNOWN = La clé qui a signé le document n’est pas connue de cet appareil.
reason-KEY_COMPROMISED = La clé de l’émetteur n’est plus sûre. Le document doit être remplacé.
reason-OUT_OF_SCOPE = Le bureau qui a signé n’a pas le droit de signer un document de ce type.
reason-DELEGATION_WINDOW = L’agent qui a signé n’avait pas de mandat valable pour ce jour.
reason-DELEGATION_REVOKED = Le mandat de l’agent qui a signé a été retiré.
reason-TRUST_LIST_OLD = La liste des émetteurs sur cet appareil est ancienne ou absente.
reason-RULEBOOK_STALE = Les règles du régime sur cet appareil sont anciennes ou absentes.
reason-TIME_UNKNOWN = Cet appareil ne connaît pas la date du jour.
reason-TIME_OPERATOR = La date a été saisie à la main.
reason-CLOCK_BEFORE_ISSUE = La date du document est plus récente que celle de cet appareil. Vérifiez la date.
reason-DOC_EXPIRED = Le document lui-même a dépassé sa date. Le droit peut encore exister.
reason-REVOKED = L’émetteur a retiré ce document.
reason-SUSPENDED = L’émetteur a suspendu cette prise en charge.
reason-SUSPENDED_STALE = La prise en charge est notée comme suspendue, mais les données ici sont trop anciennes pour refuser.
reason-SUSPENDED_BUT_PROTECTED = La prise en charge est suspendue, mais ce soin reste couvert.
reason-SUPERSEDED = Il existe un document plus récent.
reason-STATUS_OLD = La liste des statuts sur cet appareil commence à dater.
reason-STATUS_TOO_OLD = La liste des statuts sur cet appareil est trop ancienne ou absente.
reason-PERSON_MISMATCH = La personne et le document ne correspondent pas. Une deuxième personne du service l’a confirmé.
reason-PERSON_UNCHECKED = On n’a pas vérifié si la personne et le document correspondent.
reason-PERSON_ABSENT = La personne n’est pas là.
reason-NOT_STARTED = La prise en charge n’a pas encore commencé.
reason-WAITING = Le délai de carence pour ce soin n’est pas terminé.
reason-IN_GRACE = La période payée est terminée. Le délai de grâce couvre encore.
reason-RECEIPT_PENDING = Payé avec un reçu. Le régime ne l’a pas encore enregistré.
reason-LAPSED = La période payée et le délai de grâce sont terminés.
reason-NO_AGREEMENT = Aucun accord ne rend cette prise en charge valable à cet endroit.
reason-NOT_IN_AGREEMENT = L’accord pour cet endroit ne comprend pas ce soin.
reason-PREAUTH_NEEDED = Le régime doit d’abord donner son entente préalable pour ce soin.
reason-FACILITY_NOT_IN_NETWORK = Cette structure n’est pas dans le réseau du régime.
reason-BYPASS = Ce niveau de soins demande une référence, et il n’y en a pas.
reason-ALREADY_REDEEMED = Ce numéro de bon a déjà été utilisé ici.
reason-CLONE_SUSPECT = Le même document a été présenté aujourd’hui pour une autre personne.
reason-ABOVE_OFFLINE_LIMIT = Le montant dépasse ce qui peut être confirmé sans contacter le régime.
reason-BALANCE_UNKNOWN = La prise en charge a un plafond, et ce qu’il en reste n’est pas connu ici.
reason-NEWBORN_UNDER_MOTHER = Le nouveau-né est couvert par le document de la mère.
reason-AGE_DIFF = L’âge diffère de celui du document, dans la limite tolérée.
reason-NOT_IN_PACKAGE = Le régime ne comprend pas ce soin.
reason-FACILITY_UNKNOWN = Cette structure n’est pas dans la liste de cet appareil.

## Ce qui est dit à la personne

remedy-amount = { $amount-known ->
    [yes] {" "}Montant : { $amount }.
   *[no] {""}
}
remedy-pay = { $pay-known ->
    [yes] {" "}Comment payer : { $pay }.
   *[no] {""}
}
remedy-covered = { $covered-known ->
    [yes] {" "}Vous pouvez recevoir ici : { $covered }.
   *[no] {""}
}

remedy-NO_CREDENTIAL = Merci de montrer votre document d’assurance. Si vous ne l’avez pas, demandez-en un nouveau à votre régime.
remedy-UNREADABLE = Le code n’a pas pu être lu. Merci de montrer une autre copie, ou demandez un nouveau document à l’émetteur.
remedy-SIG_INVALID = Ce papier n’a pas pu être confirmé. Merci d’en demander un nouveau à l’émetteur.
remedy-ISSUER_UNKNOWN = L’émetteur de ce document n’est pas encore connu ici. Gardez le document et demandez de l’aide à l’émetteur.
remedy-KEY_UNKNOWN = Ce document n’a pas pu être confirmé ici aujourd’hui. Gardez-le, et demandez à l’émetteur s’il vous en faut un nouveau.
remedy-KEY_COMPROMISED = Les documents de ce type sont en cours de remplacement. Vous n’y êtes pour rien. Merci d’en demander un nouveau à l’émetteur.
remedy-OUT_OF_SCOPE = Ce document doit venir d’un autre bureau. Vous n’y êtes pour rien. Merci d’en demander un nouveau à votre régime.
remedy-DELEGATION_WINDOW = Nous n’avons pas pu confirmer l’agent qui vous a donné ce document. Demandez à votre régime de le confirmer ou de vous en donner un nouveau.
remedy-DELEGATION_REVOKED = L’agent qui vous a donné ce document ne travaille plus pour votre régime. Demandez un nouveau document à votre régime, et gardez vos reçus.
remedy-TRUST_LIST_OLD = Vous n’avez rien à faire. La structure doit mettre ses données à jour.
remedy-RULEBOOK_STALE = Les règles de votre régime ne sont pas à jour ici. Gardez le reçu. Votre régime peut encore décider.
remedy-TIME_UNKNOWN = La date n’a pas pu être vérifiée ici. Gardez le reçu. Vous n’avez rien d’autre à faire.
remedy-TIME_OPERATOR = La date a été saisie à la main. Merci de vérifier la date sur votre reçu.
remedy-CLOCK_BEFORE_ISSUE = La date de cet appareil est peut-être fausse. Demandez au personnel de la vérifier et de réessayer.
remedy-DOC_EXPIRED = Ce document est ancien. Vos soins sont peut-être encore pris en charge. Merci de demander un nouveau document à l’émetteur.
remedy-REVOKED = Ce document ne sert plus. Merci d’en demander un nouveau à l’émetteur, ou de lui demander pourquoi il a été retiré.
remedy-SUSPENDED = Votre prise en charge est suspendue. Demandez à votre régime ce qu’il faut pour la reprendre.{ remedy-pay }
remedy-SUSPENDED_STALE = Votre prise en charge est peut-être suspendue. Gardez le reçu, et demandez à votre régime de confirmer vos droits.{ remedy-pay }
remedy-SUSPENDED_BUT_PROTECTED = Ce soin est pris en charge pour vous aujourd’hui. Pour les autres soins, la prise en charge est suspendue. Demandez à votre régime ce qu’il faut.{ remedy-pay }
remedy-SUPERSEDED = Il existe un document plus récent pour vous. La prochaine fois, merci d’apporter le plus récent.
remedy-STATUS_OLD = Vous n’avez rien à faire. La structure devrait bientôt mettre ses données à jour.
remedy-STATUS_TOO_OLD = Les données ici sont trop anciennes pour conclure. Gardez le reçu. Votre régime peut encore confirmer vos droits.
remedy-PERSON_MISMATCH = Nous n’avons pas pu confirmer que ce document est à vous. S’il l’est, demandez à l’émetteur de le corriger, ou venez avec quelqu’un qui vous connaît.
remedy-PERSON_UNCHECKED = Merci de laisser le personnel vérifier que le document est à vous.
remedy-PERSON_ABSENT = Merci de venir avec la personne qui a besoin de soins.
remedy-NOT_STARTED = { $day-known ->
    [yes] Votre prise en charge commence le { $day }. En cas d’urgence, on vous soigne tout de suite.
   *[no] Votre prise en charge n’a pas encore commencé. Demandez à votre régime quand elle commence. En cas d’urgence, on vous soigne tout de suite.
}
remedy-WAITING = { $day-known ->
    [yes] Ce soin est pris en charge pour vous à partir du { $day }. En cas d’urgence, on vous soigne tout de suite.{ remedy-covered }
   *[no] Ce soin n’est pas encore pris en charge pour vous. Demandez à votre régime à partir de quel jour il le sera. En cas d’urgence, on vous soigne tout de suite.{ remedy-covered }
}
remedy-IN_GRACE = { $day-known ->
    [yes] Vos soins sont pris en charge aujourd’hui. Merci de payer votre cotisation avant le { $day } ou ce jour-là, pour que cela continue.{ remedy-amount }{ remedy-pay }
   *[no] Vos soins sont pris en charge aujourd’hui. Merci de payer bientôt votre cotisation, pour que cela continue.{ remedy-amount }{ remedy-pay }
}
remedy-RECEIPT_PENDING = Votre reçu de paiement a été accepté. Gardez-le jusqu’à ce que votre régime ait enregistré le paiement.
remedy-LAPSED = La cotisation pour cette période n’est pas enregistrée ici. Si vous avez payé, merci de montrer le reçu. Sinon, merci de la payer, pour que vos soins soient de nouveau pris en charge.{ remedy-amount }{ remedy-pay }
remedy-NO_AGREEMENT = Votre prise en charge n’est pas valable à cet endroit. Demandez à votre régime où elle l’est.{ remedy-covered }
remedy-NOT_IN_AGREEMENT = Votre prise en charge ne comprend pas ce soin à cet endroit. Demandez à votre régime où vous pouvez le recevoir.{ remedy-covered }
remedy-PREAUTH_NEEDED = Votre régime doit d’abord donner son accord pour ce soin. Demandez au personnel de faire la demande.
remedy-FACILITY_NOT_IN_NETWORK = Votre prise en charge est valable dans une autre structure. Demandez au personnel laquelle est proche.{ remedy-covered }
remedy-BYPASS = Sans référence, vous payez peut-être plus ici. La prochaine fois, allez d’abord à votre centre de santé et demandez une lettre de référence.
remedy-ALREADY_REDEEMED = Ce numéro de bon est noté comme utilisé. Montrez le bon suivant, ou demandez à l’émetteur de vérifier celui-ci.
remedy-CLONE_SUSPECT = Ce document a aussi été présenté aujourd’hui pour une autre personne. Demandez à l’émetteur de vérifier, pour protéger vos droits.
remedy-ABOVE_OFFLINE_LIMIT = Votre régime doit confirmer ce montant. Demandez au personnel de contacter votre régime.
remedy-BALANCE_UNKNOWN = Votre prise en charge a un plafond. Demandez à votre régime combien il reste.
remedy-NEWBORN_UNDER_MOTHER = Pour le moment, le bébé est couvert avec la mère. Merci d’inscrire bientôt le bébé à votre régime.
remedy-AGE_DIFF = L’âge sur votre document n’est pas tout à fait juste. Demandez à l’émetteur de le corriger quand vous le pourrez.
remedy-NOT_IN_PACKAGE = Votre régime ne paie pas ce soin. Demandez au personnel quelle aide existe.{ remedy-covered }
remedy-FACILITY_UNKNOWN = Vous n’avez rien à faire. La structure doit vérifier qu’elle est sur la liste de votre régime.

## Groupes de soins

group-EMER = Soins d’urgence
group-OPD = Soins sans hospitalisation
group-CHILD = Soins des enfants de moins de cinq ans, vaccination
group-ANC = Consultations de grossesse
group-DEL = Accouchement
group-PNC = Soins après l’accouchement
group-MEDS = Médicaments
group-LAB = Analyses de laboratoire
group-IMG = Radio et échographie
group-INP = Hospitalisation
group-SURG = Chirurgie
group-SPEC = Soins de spécialiste
group-CHRON = Soins de longue durée pour une maladie chronique
group-DENT = Soins dentaires
group-REHAB = Rééducation
group-TRANSPORT = Transport sanitaire
group-OSHV = Visite de santé au travail

## Paiement

payer-home = Le régime de la personne
payer-host = Le programme public de cet endroit
payer-shared = Les deux : le régime de la personne et cet endroit

tariff-host = Tarifs de cet endroit
tariff-home = Tarifs du régime de la personne
tariff-flat = Forfait fixé par l’accord

pays-nothing = Rien
pays-amount = { $amount }
pays-share = { $cap-known ->
    [yes] { $percent } % du prix, au maximum { $cap }
   *[no] { $percent } % du prix
}
pays-share-of = { $amount } ({ $percent } % du prix)
pays-no-more-than-covered = Pas plus que ce que paie une personne prise en charge
pays-as-uninsured = Ce que paie une personne d’ici sans assurance. Gardez le reçu : l’argent peut être rendu si cette réponse était fausse.

## Personne, date, statut, cause

person-match = Vérifié : la personne et le document correspondent
person-unchecked = Non vérifié
person-mismatch = La personne et le document ne correspondent pas
person-absent = La personne n’est pas là
person-newborn = Nouveau-né, avec le document de la mère
person-age_diff = Correspond, mais l’âge diffère

clock-ok = Date connue
clock-operator = Date saisie à la main
clock-unknown = Date inconnue

status-valid = Valable
status-revoked = Retiré
status-suspended = Suspendu
status-superseded = Remplacé par un document plus récent

cause-illness = Maladie ou autre besoin
cause-work_injury = Accident du travail ou maladie professionnelle

## Titres

heading-slip = Vérification de la prise en charge
heading-answer = Réponse
heading-assurance = Degré de certitude
heading-action = Que faire maintenant
heading-patient-pays = La personne paie
heading-facility-paid-by = Qui paie la structure
heading-prices = Tarifs appliqués
heading-reasons = Motifs
heading-tell-patient = À dire à la personne
heading-appeal = Si vous n’êtes pas d’accord, contactez
heading-rests-on = Cette réponse repose sur
heading-law = Base légale
heading-receipt = Numéro du reçu
heading-date = Date
heading-time = Heure
heading-clock = Origine de la date
heading-facility = Structure de santé
heading-place = Lieu
heading-document = Document présenté
heading-issuer = Émetteur
heading-status = Statut
heading-other-documents = Autres documents présentés
heading-member = Personne soignée
heading-person-check = Vérification de la personne
heading-benefit = Soin demandé
heading-payout = Argent ou bon
heading-voucher = Numéro du bon
heading-hand-over = À remettre
heading-cause = Origine
heading-amount = Montant prévu
heading-emergency = Urgence
heading-referral = Référence
heading-preauthorisation = Entente préalable du régime
heading-yes = Oui
heading-no = Non
heading-not-given = non indiqué
heading-signature = Signature ou empreinte du pouce
heading-patient-copy = Copie pour la personne
heading-facility-copy = Copie pour la structure

## Phrases

notice-emergency-always-treated = Une urgence est toujours soignée.
notice-second-confirms = Une deuxième personne du service doit confirmer que la personne et le document ne correspondent pas.
notice-no-diagnosis-no-name = Cette fiche ne porte ni diagnostic ni nom.
notice-not-signed = Non signé.
notice-signed-by-facility = Signé par la structure.
notice-no-legal-decision = Cette fiche dit ce qui était connu ici ce jour-là. Ce n’est pas une décision de droit.
notice-keep-slip = Merci de garder cette fiche. Elle sert pour un recours ou un remboursement.
notice-test-data = Données d’essai : sans valeur pour de vraies personnes.
notice-not-verified = Non vérifié : ne pas s’y fier.
notice-no-document-needed = Aucun document n’est nécessaire pour cela.
notice-appeal-here = La personne responsable de cet établissement. Merci de lui montrer cette réponse.
notice-pay-out = Versez ou remettez, une seule fois, ce qui figure sous « { heading-hand-over } ». Rien n’est demandé à la personne.
notice-ask-serial = Ce bon a des numéros. Demandez lequel est utilisé aujourd’hui, pour qu’il ne serve pas deux fois.

## Ce sur quoi la réponse repose

age-pack = { $days-form ->
    [0] Données de l’appareil : d’aujourd’hui
    [one] Données de l’appareil : datent de { $days } jour
   *[other] Données de l’appareil : datent de { $days } jours
}
age-pack-unknown = Données de l’appareil : âge inconnu
age-pack-missing = Données de l’appareil : aucune
age-status = { $days-form ->
    [0] Liste des statuts : d’aujourd’hui
    [one] Liste des statuts : date de { $days } jour
   *[other] Liste des statuts : date de { $days } jours
}
age-status-unknown = Liste des statuts : âge inconnu
age-status-missing = Liste des statuts : aucune sur cet appareil
rulebook-version = Règles du régime : version { $version }
rulebook-missing = Règles du régime : aucune sur cet appareil
agreement-id = Accord : { $id }
agreement-none = Accord : aucun
household-line = { $line ->
    [1] Titulaire du document
   *[other] Membre du ménage, ligne { $line }
}

## Entre les textes

list-separator = {", "}
colon = {" : "}
