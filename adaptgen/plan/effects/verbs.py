"""The words by which a call says what it does to the service: verbs of changing, of reading and of asking."""

from __future__ import annotations

from adaptgen.syntax.identifiers import vocabulary, words

DELETE = vocabulary("prune delete remove destroy purge erase wipe deletes removes destroys purges erases")
# Verbs that are hardly ever nouns; the second set counts only where nothing says that the call reads.
CHANGE = vocabulary(
    "create creates add adds insert update updates modify modifies edit save saves set sets reset resets replace send "
    "sends resend submit submits cancel cancels abort approve approves reject rejects confirm confirms activate "
    "activates deactivate deactivates reactivate enable disable disables revoke revokes restore restores archive "
    "archives unarchive publish publishes unpublish subscribe unsubscribe logout signout logoff signoff unlink "
    "unassign assign assigns attach detach restart restarts reboot reboots terminate terminates invoke trigger "
    "triggers execute executes exec connect disconnect regenerate rotate increment increments decrement decrements "
    "mark marks unmark lock unlock suspend suspends unsuspend resume pause unpause register unregister deregister "
    "invite accept accepts decline declines expire expires ban unban mute unmute follow unfollow clear clears flush "
    "flushes rename renames move merge upgrade downgrade install installs uninstall uninstalls charge refund toggle "
    "toggles shorten notify notifies write snooze evict calibrate reprocess requeue resync promote demote failover "
    "optin optout initiate initiates dismiss dismisses acknowledge reopen reopens reassign withdraw withdraws enroll "
    "unenroll provision deprovision append appends copy clone clones duplicate fork forks recover restarting shutdown "
    "poweroff undo redo invalidate invalidates impersonate redeem redeems unblock unhide undelete recreate recreates "
    "print reindex"
)
CALLER = vocabulary("me my myself mine self own your yourself current authenticated caller")
"""Words for the caller."""
HOLDERS = vocabulary("user account profile session")
"""Records of who calls, where a path has them in the singular and without an id."""
MAKES = vocabulary("create creates creating insert inserts inserting add adds adding make makes")
CHANGES_RECORD = vocabulary(
    "update updates updating replace replaces replacing overwrite overwrites modify modifies modifying edit edits set "
    "sets change changes changing save saves amend amends alter alters revise revises"
)
"""Verbs of changing a record, which may stand for the whole of it."""
THIRD = frozenset(word for word in CHANGE | DELETE if word.endswith("s") and not word.endswith("ss"))
"""In a path these are nouns."""
WEAK = vocabulary(
    "run runs rerun retry start starts stop stops post posts request sync pay pin unpin vote rate like apply "
    "switch launch close open share claim join leave kill dispatch release schedule reload rebuild reindex import "
    "refresh transfer buy sell deposit dial ring play skip wake arm disarm turn press put change deploy checkout "
    "reply tweet put puts begin begins rent rents mint burn settle capture void flag silence blink drain rollback "
    "migrate commit recalculate reconcile block purchase upload process train populate init initialize initialise "
    "rescan recompute warmup wakeup finish finishes finalize finalise topup signup checkin"
)
READ = vocabulary(
    "get gets list lists read reads fetch fetches retrieve retrieves return returns show shows find finds search "
    "searches query queries lookup view views describe describes count counts check checks download downloads export "
    "exports index browse display provides provide obtain obtains this gives give is has exists represents information "
    "details gettext see select filter retrive can whether"
)
VAGUE = vocabulary("this information details has is gettext select filter")
"""Words of ``READ`` that say nothing in a sentence."""
SEARCH_PATH = vocabulary("search find filter lookup query")
JOINS = vocabulary("and or then also")
SEARCH_VERB = vocabulary(
    "search searches find finds query queries filter filters lookup list lists get gets retrieve retrieves return "
    "returns fetch fetches"
)
# What a POST does that leaves nothing behind.
ASKS = SEARCH_VERB | vocabulary(
    "read reads show shows view views count counts check checks validate validates calculate calculates compute "
    "computes estimate estimates preview previews compare compares determine determines diff "
    "inspect inspects translate translates parse parses detect detects recognize recognizes aggregate aggregates "
    "provides gives tells"
)
_FOREIGN_ASKS = (
    "consulta consultar consultas buscar busca busqueda pesquisar pesquisa listar lista listado obtener obter "
    "lister liste rechercher recherche chercher suchen suche abfragen abfrage auflisten cerca cercare ricerca elenco "
    "zoeken zoek lijst szukaj wyszukaj hitta поиск найти список получить"
)
ASKED_UNSPACED = vocabulary("查询 查詢 列表 搜索 检索 分页 获取 検索 一覧 取得") | frozenset(words("조회 목록 검색"))
"""Parts of words of Chinese, Japanese and Korean."""
DONE_UNSPACED = vocabulary(
    "删除 新增 添加 修改 更新 保存 创建 取消 重置 提交 导入 发送 审核 设置 启用 禁用 发布 同步 上传 移除 清空 "
    "执行 下单 支付 削除 追加 作成 変更 登録 送信 実行"
) | frozenset(words("삭제 생성 수정 등록 추가 저장 전송"))
ASKS_FOR_PAGES = (
    (ASKS - {"tells", "gives"})
    | vocabulary(
        "page pages paging paged paginated paginate describe describes filter lookup report reports export browse "
        "enumerate"
    )
    | frozenset(words(_FOREIGN_ASKS))
)
"""Says that a list is asked for, where an input pages it or its answer has a total."""
COMPUTES = vocabulary(
    "predict predicts analyze analyzes analyse analyses classify classifies render renders lint lints geocode evaluate "
    "evaluates tokenize summarize summarizes"
)
"""Asks as well, where no record is named in the path. Not ``convert``: a quote is converted to an order."""
OWN_LIST = vocabulary("get gets retrieve retrieves returns search searches fetch fetches find finds")
"""What needs no second witness where the answer is a list."""
ASKS_TOO = (
    ASKS_FOR_PAGES
    | COMPUTES
    | READ
    | vocabulary(
        "sort sorts order orders group groups limit limits page pages include includes use uses accept "
        "accepts take takes allow allows receive receives resolve resolves generate generates perform performs execute "
        "executes run runs support supports enable enables handle handles convert converts make makes let lets help "
        "helps produce produces load loads build builds tokenizes answer answers require requires match matches "
        "identify identifies extract extracts verify verifies"
    )
)
"""Words that follow a verb of asking, or describe one."""
NOUNS_OF_PAGES = vocabulary("report reports page pages")
"""Ask at the end of a path only: "Report a user", "Page the person on call"."""
FOREIGN_ACTS = frozenset(
    words(
        "crear crea criar cria guardar guarda registrar registra eliminar elimina borrar borra actualizar actualiza "
        "atualizar atualiza modificar modifica enviar envia salvar salva excluir exclui cadastrar cadastra agregar "
        "agrega anular cancelar marcar marca marque emitir emite supprimer supprime creer cree ajouter ajoute modifier "
        "modifie enregistrer enregistre envoyer envoie annuler annule valider valide anlegen erstellen erstellt "
        "loschen loscht speichern speichert andern andert senden sendet hinzufugen buchen bucht freigeben stornieren "
        "storniert annulla annullare creare invia inviare cancella opslaan verwijderen aanmaken "
        "utworz tworzy usun usuwa zapisz удалить удаляет создать создает изменить отправить отменить сохранить"
    )
)
"""Verbs of changing in the languages of ``ASKS_FOR_PAGES``."""
ACTING_PAIRS = frozenset(
    {("check", "in"), ("check", "out"), ("checks", "in"), ("checks", "out"), ("top", "up"), ("tops", "up"),
     ("sign", "up"), ("signs", "up"), ("count", "up"), ("and", "commit"), ("or", "mutation"), ("for", "sale"),
     ("fetch", "from"), ("look", "at"), ("uses", "up"), ("report", "abuse"), ("read", "all"), ("and", "makes"),
     ("and", "apply"), ("returned", "once")}
)  # fmt: skip
PERFORM = vocabulary("perform performs execute executes run runs do does make makes")
ASKED = vocabulary("search query lookup calculation comparison estimation validation check")
CODES = vocabulary("code otp totp mfa pin passcode verification")
RETURNS = vocabulary("return returns gives provides")
"""What a call returns says little about what it does before: "Returns the created session"."""
RUNS = vocabulary("run runs start starts stop stops reload reloads rebuild rebuilds retry retries sync syncs")
TRIES = vocabulary("check checks determine determines see test tests try tries validate validates verify verifies")
"""Before "if" and "whether" they ask."""
CONSUMES = vocabulary("dequeue consume consumed consumes acknowledged ingested duplicate duplicates pop pops lease")
TAKES = vocabulary("next pop dequeue receive poll lease take")
# Inputs by which a call that reads leaves something behind.
KEEPS = vocabulary(
    "mark store save delete remove create update send notify persist commit consume ack acknowledge subscribe publish"
)
SWITCHES = vocabulary("mark ack acknowledge delete remove clear reset purge consume pop")
"""Boolean inputs of a GET by which it changes what it returns."""
# Verbs of changing that are nouns as well: "Update history", "Archive of articles".
NOUNS = vocabulary(
    "archive register set sets lock mark charge refund trigger update updates upgrade clear reset follow approved "
    "cancel move pause copy fork duplicate merge invite write append provision add subscribe edit exec connect print"
)
DOES_TOO = vocabulary("generate clean")
"""Adjectives and words of answers as well: verbs where both the path and the summary begin with them."""
ALONE = vocabulary(
    "schedule release share vote rate import request pin change transfer deposit open close capture flag reply play "
    "press checkout post like block purchase upload process void"
)
"""Verbs that name a resource as well: ``/schedule``, called ``Schedule``."""
# What follows a verb that is none: "change log", "update status".
THINGS = vocabulary(
    "log logs status statuses state history info information list lists type types rule rules code codes count counts "
    "groups metrics requests request meta options option form forms point points key keys url urls reasons reason set "
    "sets windows window events event stats settings policy policies schedule schedules template templates data on ons "
    "notes note fields field fee fees details batches sessions jobs job results up ups"
)
PARTS = vocabulary(
    "fee fees reason reasons meta metadata form forms up ups history histories statuses stats statistics"
)
"""What follows a noun that looks like a verb: "Cancel fee of a ride"."""
ANYWHERE = vocabulary(
    "create delete remove destroy cancel send resend unsubscribe logout signout activate deactivate enable disable "
    "revoke approve reject"
)
"""Words that are verbs wherever they are in a path."""
SENDERS = vocabulary("webhook webhooks notification notifications email sms message alert hook")
ENDS = ("logout", "signout", "unsubscribe", "reboot", "restart", "shutdown", "optout", "opt-out", "sign-out")
ONE_TIME = vocabulary("otp pin passcode")
LINKS = vocabulary("verify confirm activate unsubscribe accept redeem approve optin optout")
"""What a link in a mail does."""
ONCE = vocabulary("token code key hash signature secret nonce")
FORGOT = vocabulary("forgot forget forgotten lost")
SECRETS = vocabulary("password pin username pass login")
ACTIONS = vocabulary("action command cmd")
DETERMINERS = vocabulary("a an the all this these your one any every each its their")
AIMS = vocabulary("at for to with from by into")
"""Words after a verb of two words: "Sign up for a course"."""
MANY = vocabulary("batch bulk mass multi multiple")
CLAIMED = vocabulary(
    "reset cancellation deletion removal otp code verification refund callback payout withdrawal permission access "
    "invitation pairing erasure"
)
"""What is not there before it is requested: "Request a refund" changes something, "Request the list of nodes" not."""

DONE = vocabulary("logout deletion cancellation activation deactivation unsubscription removal termination reset")
"""What a summary names at its end: "Order cancellation"."""
MAILED = LINKS | vocabulary("verification activation confirmation unsubscription")
SEEN = vocabulary("read reads view views seen fetch fetches")
"""Of a record, these are acts: ``POST /notifications/{id}/read`` marks it."""
ACTS = vocabulary(
    "join leave kill reload rebuild retry rerun skip sync launch dispatch deploy start stop restart populate "
    "initialize initialise rescan recompute finish finishes finalize finalise"
)
"""Verbs of ``WEAK`` that are rarely nouns before another word: "Start server"."""
AGAIN = vocabulary("recompute recalculate rebuild rerun reload redeploy rescan resync reindex retrain regenerate retry")
"""Verbs of doing again; what follows them is their object."""
PROCESSES = vocabulary("convert transcode encode compress crop resize rotate process merge split")
"""What is done to a record, or to what is sent and answered."""
DATES = vocabulary("of date dates time times page here point points area areas position value")
ISSUED = vocabulary("key secret invoice link wallet voucher ticket backup")
"""What stays after it was generated."""
OWN = vocabulary("a an my your")
"""Words before one thing."""
STATEMENTS = vocabulary("sql statement statements script command commands cmd mutation")
"""Inputs that may say anything, also a change."""
QUIET = (
    ASKS_TOO
    | COMPUTES
    | vocabulary(
        "this as its always for given with from by in on of to at if when once under over per via is was has have does "
        "do can whether "
        "note all both each that these those such only just not or and but also what who how where here there recent "
        "latest access ping obtain extract infer inspect generate translate convert decode encode resolve discover "
        "annotate echo split order test use need scan render represent expand enumerate serve stream watch wait "
        "monitor observe listen tail explain look crop resize redirect proxy map format transform decrypt hash measure "
        "score rank simulate recommend suggest trace probe dump pull sample choose pick guess roll prompt authenticate "
        "authorize login log assume report tell know see learn explore navigate paginate iterate walk traverse sum "
        "total plot graph visualize collect gather contain hold define specify indicate identify refer belong require "
        "expect romanize mirror embed wrap demonstrate refresh open request sign give draw exchange poll ask respond "
        "supply retreive retrive issue reply process"
    )
)
"""Words before "a" or "the" that do not say that something is done."""
DOES = vocabulary(
    "book reserve eject vacuum poke take lease dissociate associate bind unbind zap compile turn switch press push "
    "wake feed pay hold drop kick nudge spend borrow lend rent hire ship deliver pack empty fill heat cool lift "
    "lower raise spin tilt shoot snap capture record broadcast announce speak whisper dim brighten park dock undock "
    "mow discharge wash water spray shake call hang forward favorite star bookmark tag enroll quit attend donate "
    "bid bet wager stake unstake swap trade freeze unfreeze thaw seize spawn boot halt force compact optimize "
    "shrink extend renew postpone reschedule delegate escalate appoint nominate dismiss expel steer bump rotate "
    "adjust inject overwrite swipe tip finish finalize finalise complete conclude"
)
"""Verbs of doing; a GET writes where one is before "a" or "the"."""
STARTS = vocabulary(
    "start stop restart reload run take eject lease vacuum feed play finish finalize topup signup checkin"
)
"""Verbs where a path ends in them."""
SWITCHED = vocabulary("on off up down toggle eject")
AFTER_NOUN = vocabulary(
    "are were can could must should will may might have do of for with that which who in on at to from and or by not "
    "is was has does per"
)
"""Words after a noun in the plural: before them, what ends in "s" is a noun."""
OPEN = vocabulary("how to that which who whose if when whether unless where")
"""Words after which something is asked, or said of what is found."""
DONE_TO = vocabulary("taken put told kept held sent sold paid gone written drawn set bought thrown hidden spent")
HARMLESS = vocabulary(
    "returned given required used supported found limited sorted filtered included excluded provided specified "
    "described documented allowed based identified deprecated called ordered needed defined listed expected calculated "
    "computed determined estimated ignored omitted supplied requested passed matched located associated related "
    "designed intended recommended encoded formatted separated evaluated considered compared checked validated "
    "detected retrieved obtained displayed shown measured expressed assumed known configured authenticated authorized "
    "accepted rejected enabled interested grouped aggregated paginated paged mapped converted translated parsed "
    "analyzed predicted classified queried searched extracted observed forwarded appointed applied denied owned "
    "contained nested escaped truncated rounded combined treated interpreted ranked scored embedded unlimited "
    "indexed referenced signed followed explained"
)
"""Participles that do not say what a call does."""
