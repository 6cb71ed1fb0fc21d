### Português: o que a resposta diz ao pessoal e à pessoa atendida. Segue en.ftl mensagem por mensagem.
### Só palavras que servem em África, no Brasil e em Portugal: “fale com”, “anotar”, “unidade de saúde”, “carência”.

## Resposta, para o pessoal

decision-COVERED = Coberto: para este pedido, aqui, hoje
decision-NOT_COVERED = Não coberto: para este pedido, aqui, hoje
decision-CANNOT_DECIDE = Não é possível decidir aqui hoje

assurance-FIRM = Firme: os dados que estão aqui bastam para esta resposta.
assurance-PROVISIONAL = Provisória: algo é antigo ou não foi verificado. Veja os motivos.
assurance-NONE = Sem resposta: falta algo necessário ou é antigo demais.

## O que fazer agora pela pessoa, para o pessoal

action-TREAT_NOW = Emergência: atenda a pessoa agora. Não peça dinheiro antes.
action-TREAT_FREE = Atenda a pessoa. Não receba dinheiro: este serviço é gratuito aqui para todos.
action-TREAT_COPAY = Atenda a pessoa. Receba apenas o que está em “{ heading-patient-pays }”.
action-TREAT_CLAIM_LATER = Atenda a pessoa agora. Não receba mais do que paga uma pessoa coberta. Entregue o recibo, guarde uma cópia e peça depois o resto ao seguro.
action-CONTACT_THEN_TREAT = Fale primeiro com o seguro e depois atenda. Não receba mais do que paga uma pessoa coberta. Se passar a ser uma emergência, atenda logo.
action-CHARGE_REFUNDABLE = Atenda e receba o que paga um residente sem seguro. Entregue o recibo assinado, para que o dinheiro possa ser devolvido se esta resposta estiver errada.
action-HOLD_RETRY = Não pague ainda. Devolva o documento. Atualize este aparelho e tente de novo, ou fale com o emissor.
action-REFUSE_WITH_APPEAL = Não pague. Explique o motivo com respeito, entregue a folha impressa e mostre onde se pode recorrer.
action-NO_ENCOUNTER = Não anote um atendimento: a própria pessoa tem de estar aqui. Devolva o documento e peça que a pessoa venha.

## Motivos, para o pessoal

reason-NO_CREDENTIAL = Não foi mostrado nenhum documento que permita responder.
reason-UNREADABLE = Não foi possível ler o código.
reason-SIG_INVALID = Não foi possível confirmar o documento: a assinatura não confere.
reason-ISSUER_UNKNOWN = Este aparelho não conhece o emissor.
reason-KEY_UNKNOWN = Este aparelho não conhece a chave que assinou o documento.
reason-KEY_COMPROMISED = A chave do emissor já não é segura. O documento tem de ser substituído.
reason-OUT_OF_SCOPE = O órgão que assinou não pode assinar um documento deste tipo.
reason-DELEGATION_WINDOW = O agente que assinou não tinha mandato válido para esse dia.
reason-DELEGATION_REVOKED = O mandato do agente que assinou foi retirado.
reason-TRUST_LIST_OLD = A lista de emissores neste aparelho é antiga ou não existe.
reason-RULEBOOK_STALE = As regras do seguro neste aparelho são antigas ou não existem.
reason-TIME_UNKNOWN = Este aparelho não sabe a data de hoje.
reason-TIME_OPERATOR = A data foi escrita à mão.
reason-CLOCK_BEFORE_ISSUE = A data do documento é posterior à deste aparelho. Verifique a data.
reason-DOC_EXPIRED = O próprio documento passou do prazo. O direito ainda pode existir.
reason-REVOKED = O emissor retirou este documento.
reason-SUSPENDED = O emissor suspendeu esta cobertura por agora.
reason-SUSPENDED_STALE = A cobertura está marcada como suspensa, mas os dados aqui são antigos demais para recusar.
reason-SUSPENDED_BUT_PROTECTED = A cobertura está suspensa, mas este serviço continua coberto.
reason-SUPERSEDED = Há um documento mais recente.
reason-STATUS_OLD = A lista de estados neste aparelho começa a ficar antiga.
reason-STATUS_TOO_OLD = A lista de estados neste aparelho é antiga demais ou não existe.
reason-PERSON_MISMATCH = A pessoa e o documento não correspondem. Uma segunda pessoa que trabalha aqui confirmou.
reason-PERSON_UNCHECKED = Não se verificou se a pessoa e o documento correspondem.
reason-PERSON_ABSENT = A pessoa não está aqui.
reason-NOT_STARTED = A cobertura ainda não começou.
reason-WAITING = O período de carência deste serviço ainda não terminou.
reason-IN_GRACE = O tempo pago terminou. O período de tolerância ainda cobre.
reason-RECEIPT_PENDING = Pago com recibo. O seguro ainda não o anotou.
reason-LAPSED = O tempo pago e o período de tolerância terminaram.
reason-NO_AGREEMENT = Nenhum acordo torna esta cobertura válida neste lugar.
reason-NOT_IN_AGREEMENT = O acordo para este lugar não inclui este serviço.
reason-PREAUTH_NEEDED = O seguro tem de autorizar este serviço antes.
reason-FACILITY_NOT_IN_NETWORK = Esta unidade de saúde não está na rede do seguro.
reason-BYPASS = Este nível de cuidados pede uma guia de encaminhamento, e não há nenhuma.
reason-ALREADY_REDEEMED = Este número de vale já foi usado aqui.
reason-CLONE_SUSPECT = O mesmo documento foi mostrado hoje para outra pessoa.
reason-ABOVE_OFFLINE_LIMIT = O valor passa do que se pode confirmar sem falar com o seguro.
reason-BALANCE_UNKNOWN = A cobertura tem um limite, e não se sabe aqui quanto resta.
reason-NEWBORN_UNDER_MOTHER = A criança recém-nascida está coberta pelo documento da mãe.
reason-AGE_DIFF = A idade é diferente da do documento, dentro do que se aceita.
reason-NOT_IN_PACKAGE = O seguro não inclui este serviço.
reason-FACILITY_UNKNOWN = Esta unidade de saúde não está na lista deste aparelho.

## O que se diz à pessoa

remedy-amount = { $amount-known ->
    [yes] {" "}Valor: { $amount }.
   *[no] {""}
}
remedy-pay = { $pay-known ->
    [yes] {" "}Como pagar: { $pay }.
   *[no] {""}
}
remedy-covered = { $covered-known ->
    [yes] {" "}Aqui pode receber: { $covered }.
   *[no] {""}
}

remedy-NO_CREDENTIAL = Por favor, mostre o seu documento do seguro. Se não o tem, peça um novo ao seu seguro.
remedy-UNREADABLE = Não foi possível ler o código. Por favor, mostre outra cópia ou peça um novo ao emissor.
remedy-SIG_INVALID = Não foi possível confirmar este papel. Por favor, peça um novo ao emissor.
remedy-ISSUER_UNKNOWN = O emissor deste documento ainda não é conhecido aqui. Por favor, guarde o documento e peça ajuda ao emissor.
remedy-KEY_UNKNOWN = Não foi possível confirmar este documento aqui hoje. Por favor, guarde-o e pergunte ao emissor se precisa de um novo.
remedy-KEY_COMPROMISED = Os documentos deste tipo serão substituídos. A culpa não é sua. Por favor, peça um novo ao emissor.
remedy-OUT_OF_SCOPE = Este documento tem de vir de outro órgão. A culpa não é sua. Por favor, peça um novo ao seu seguro.
remedy-DELEGATION_WINDOW = Não foi possível confirmar o agente que lhe deu este documento. Por favor, peça ao seu seguro que o confirme ou lhe dê um novo.
remedy-DELEGATION_REVOKED = O agente que lhe deu este documento já não trabalha para o seu seguro. Por favor, peça um novo ao seu seguro e guarde os seus recibos.
remedy-TRUST_LIST_OLD = Não é preciso fazer nada. A unidade de saúde tem de atualizar os seus dados.
remedy-RULEBOOK_STALE = As regras do seu seguro não estão atualizadas aqui. Por favor, guarde o recibo. O seu seguro ainda pode decidir.
remedy-TIME_UNKNOWN = Não foi possível verificar a data aqui. Por favor, guarde o recibo. Não é preciso fazer mais nada.
remedy-TIME_OPERATOR = A data foi escrita à mão. Por favor, verifique a data no seu recibo.
remedy-CLOCK_BEFORE_ISSUE = A data deste aparelho pode estar errada. Por favor, peça ao pessoal que a verifique e tente de novo.
remedy-DOC_EXPIRED = Este documento é antigo. A sua cobertura pode continuar válida. Por favor, peça um novo ao emissor.
remedy-REVOKED = Este documento já não se usa. Por favor, peça um novo ao emissor ou pergunte por que foi retirado.
remedy-SUSPENDED = A sua cobertura está suspensa por agora. Por favor, pergunte ao seu seguro o que é preciso para a retomar.{ remedy-pay }
remedy-SUSPENDED_STALE = A sua cobertura pode estar suspensa. Por favor, guarde o recibo e peça ao seu seguro que confirme a cobertura.{ remedy-pay }
remedy-SUSPENDED_BUT_PROTECTED = Este serviço está coberto no seu caso hoje. Para outros serviços, a sua cobertura está suspensa. Por favor, pergunte ao seu seguro o que é preciso.{ remedy-pay }
remedy-SUPERSEDED = Há um documento seu mais recente. Da próxima vez, por favor, traga o mais recente.
remedy-STATUS_OLD = Não é preciso fazer nada. A unidade de saúde deve atualizar os seus dados em breve.
remedy-STATUS_TOO_OLD = Os dados aqui são antigos demais para haver certeza. Por favor, guarde o recibo. O seu seguro ainda pode confirmar a cobertura.
remedy-PERSON_MISMATCH = Não foi possível confirmar que este documento é seu. Se for, por favor, peça ao emissor que o corrija, ou venha com alguém que possa confirmar a sua identidade.
remedy-PERSON_UNCHECKED = Por favor, deixe o pessoal verificar que o documento é seu.
remedy-PERSON_ABSENT = Por favor, venha com a pessoa que precisa de cuidados.
remedy-NOT_STARTED = { $day-known ->
    [yes] A sua cobertura começa no dia { $day }. Em caso de emergência, o atendimento é imediato.
   *[no] A sua cobertura ainda não começou. Por favor, pergunte ao seu seguro quando começa. Em caso de emergência, o atendimento é imediato.
}
remedy-WAITING = { $day-known ->
    [yes] Este serviço está coberto no seu caso a partir do dia { $day }. Em caso de emergência, o atendimento é imediato.{ remedy-covered }
   *[no] Este serviço ainda não está coberto no seu caso. Por favor, pergunte ao seu seguro a partir de que dia estará. Em caso de emergência, o atendimento é imediato.{ remedy-covered }
}
remedy-IN_GRACE = { $day-known ->
    [yes] Hoje a sua cobertura vale. Por favor, pague a sua contribuição até o dia { $day }, para que continue a valer.{ remedy-amount }{ remedy-pay }
   *[no] Hoje a sua cobertura vale. Por favor, pague a sua contribuição em breve, para que continue a valer.{ remedy-amount }{ remedy-pay }
}
remedy-RECEIPT_PENDING = O seu recibo de pagamento foi recebido e vale. Por favor, guarde-o até o seu seguro anotar o pagamento.
remedy-LAPSED = A contribuição deste período não está anotada aqui. Se já pagou, por favor, mostre o recibo. Se não, por favor, pague-a, para voltar a ter cobertura.{ remedy-amount }{ remedy-pay }
remedy-NO_AGREEMENT = A sua cobertura não vale neste lugar. Por favor, pergunte ao seu seguro onde a pode usar.{ remedy-covered }
remedy-NOT_IN_AGREEMENT = A sua cobertura não inclui este serviço neste lugar. Por favor, pergunte ao seu seguro onde o pode receber.{ remedy-covered }
remedy-PREAUTH_NEEDED = O seu seguro tem de autorizar este serviço antes. Por favor, peça ao pessoal que faça o pedido.
remedy-FACILITY_NOT_IN_NETWORK = Pode usar a sua cobertura em outra unidade de saúde. Por favor, pergunte ao pessoal qual fica perto.{ remedy-covered }
remedy-BYPASS = Sem guia de encaminhamento pode pagar mais aqui. Da próxima vez, por favor, vá primeiro ao seu centro de saúde e peça uma guia.
remedy-ALREADY_REDEEMED = Este número de vale está anotado como usado. Por favor, mostre o vale seguinte ou peça ao emissor que verifique este.
remedy-CLONE_SUSPECT = Este documento também foi mostrado hoje para outra pessoa. Por favor, peça ao emissor que verifique, para proteger a sua cobertura.
remedy-ABOVE_OFFLINE_LIMIT = O seu seguro tem de confirmar este valor. Por favor, peça ao pessoal que fale com o seu seguro.
remedy-BALANCE_UNKNOWN = A sua cobertura tem um limite. Por favor, pergunte ao seu seguro quanto resta.
remedy-NEWBORN_UNDER_MOTHER = Por agora, a criança está coberta com a mãe. Por favor, inscreva a criança no seu seguro em breve.
remedy-AGE_DIFF = A idade no seu documento não está bem certa. Por favor, peça ao emissor que a corrija quando puder.
remedy-NOT_IN_PACKAGE = O seu seguro não paga este serviço. Por favor, pergunte ao pessoal que ajuda existe.{ remedy-covered }
remedy-FACILITY_UNKNOWN = Não é preciso fazer nada. A unidade de saúde tem de verificar se está na lista do seu seguro.

## Grupos de serviços

group-EMER = Atendimento de emergência
group-OPD = Consultas sem internamento
group-CHILD = Cuidados de crianças até cinco anos, vacinas
group-ANC = Consultas de gravidez
group-DEL = Parto
group-PNC = Cuidados depois do parto
group-MEDS = Medicamentos
group-LAB = Exames de laboratório
group-IMG = Raio X e ultrassom
group-INP = Internamento no hospital
group-SURG = Cirurgia
group-SPEC = Consultas de especialidade
group-CHRON = Cuidados de doença prolongada
group-DENT = Cuidados dos dentes
group-REHAB = Reabilitação
group-TRANSPORT = Transporte de doentes
group-OSHV = Exame de saúde no trabalho

## Pagamento

payer-home = O seguro da própria pessoa
payer-host = O programa público deste lugar
payer-shared = Os dois: o seguro da pessoa e este lugar

tariff-host = Preços deste lugar
tariff-home = Preços do seguro da pessoa
tariff-flat = Preço fixo do acordo

pays-nothing = Nada
pays-amount = { $amount }
pays-share = { $cap-known ->
    [yes] { $percent }% do preço, no máximo { $cap }
   *[no] { $percent }% do preço
}
pays-share-of = { $amount } ({ $percent }% do preço)
pays-no-more-than-covered = Não mais do que paga uma pessoa coberta
pays-as-uninsured = O que paga um residente sem seguro. Guarde o recibo: o dinheiro pode ser devolvido se esta resposta estiver errada.

## Pessoa, data, estado, causa

person-match = Verificado: a pessoa e o documento correspondem
person-unchecked = Não verificado
person-mismatch = A pessoa e o documento não correspondem
person-absent = A pessoa não está aqui
person-newborn = Criança recém-nascida, com o documento da mãe
person-age_diff = Corresponde, mas a idade é diferente

clock-ok = Data conhecida
clock-operator = Data escrita à mão
clock-unknown = Data desconhecida

status-valid = Válido
status-revoked = Retirado
status-suspended = Suspenso por agora
status-superseded = Substituído por um mais recente

cause-illness = Doença ou outra necessidade
cause-work_injury = Acidente de trabalho ou doença do trabalho

## Títulos

heading-slip = Verificação da cobertura
heading-answer = Resposta
heading-assurance = Grau de certeza
heading-action = O que fazer agora
heading-patient-pays = A pessoa paga
heading-facility-paid-by = Quem paga à unidade de saúde
heading-prices = Preços usados
heading-reasons = Motivos
heading-tell-patient = Diga à pessoa
heading-appeal = Se não concorda, fale com
heading-rests-on = Esta resposta baseia-se em
heading-law = Base legal
heading-receipt = Número do recibo
heading-date = Data
heading-time = Hora
heading-clock = Origem da data
heading-facility = Unidade de saúde
heading-place = Lugar
heading-document = Documento
heading-issuer = Emissor
heading-status = Estado
heading-other-documents = Outros documentos mostrados
heading-member = Pessoa atendida
heading-person-check = Verificação da pessoa
heading-benefit = Serviço pedido
heading-payout = Dinheiro ou vale
heading-voucher = Número do vale
heading-hand-over = A entregar
heading-cause = Causa
heading-amount = Valor previsto
heading-emergency = Emergência
heading-referral = Guia de encaminhamento
heading-preauthorisation = Autorização do seguro
heading-yes = Sim
heading-no = Não
heading-not-given = não indicado
heading-signature = Assinatura ou impressão do polegar
heading-patient-copy = Cópia para a pessoa
heading-facility-copy = Cópia para a unidade de saúde

## Frases

notice-emergency-always-treated = Uma emergência é sempre atendida.
notice-second-confirms = Uma segunda pessoa que trabalha aqui tem de confirmar que a pessoa e o documento não correspondem.
notice-no-diagnosis-no-name = Esta folha não traz diagnóstico nem nome.
notice-not-signed = Não assinado.
notice-signed-by-facility = Assinado pela unidade de saúde.
notice-no-legal-decision = Esta folha diz o que se sabia aqui neste dia. Não é uma decisão legal.
notice-keep-slip = Por favor, guarde esta folha. Vai precisar dela para recorrer ou receber dinheiro de volta.
notice-test-data = Dados de teste: sem valor para pessoas reais.
notice-not-verified = Não verificado: não confie nisto.
notice-no-document-needed = Para isto não é preciso documento.
notice-appeal-here = A pessoa responsável por esta unidade. Por favor, mostre-lhe esta resposta.
notice-pay-out = Pague ou entregue, uma só vez, o que está indicado em “{ heading-hand-over }”. Não se cobra nada à pessoa.
notice-ask-serial = Este vale tem números. Pergunte qual é usado hoje, para que não sirva duas vezes.

## Em que a resposta se baseia

age-pack = { $days-form ->
    [0] Dados do aparelho: de hoje
    [one] Dados do aparelho: têm { $days } dia
   *[other] Dados do aparelho: têm { $days } dias
}
age-pack-unknown = Dados do aparelho: idade desconhecida
age-pack-missing = Dados do aparelho: nenhum
age-status = { $days-form ->
    [0] Lista de estados: de hoje
    [one] Lista de estados: tem { $days } dia
   *[other] Lista de estados: tem { $days } dias
}
age-status-unknown = Lista de estados: idade desconhecida
age-status-missing = Lista de estados: nenhuma neste aparelho
rulebook-version = Regras do seguro: versão { $version }
rulebook-missing = Regras do seguro: nenhuma neste aparelho
agreement-id = Acordo: { $id }
agreement-none = Acordo: nenhum
household-line = { $line ->
    [1] Titular do documento
   *[other] Membro da família, linha { $line }
}

## Entre os textos

list-separator = {", "}
colon = {": "}
