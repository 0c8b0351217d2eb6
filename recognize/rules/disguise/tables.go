package disguise

// Letters of other scripts that look like Latin ones (a selection of Unicode's
// confusables, which NFKC leaves alone), in lower case as texts are spelled.
const lookalikes = "аaеeоoрpсcуyхxіiјjѕsԁdһhԛqԝwкkмmтtвbнhгrьbзe" + "αaεeοoρpυuνvιiκkτtχxωwβbηnγy" +
	"ıiɡgℓlᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzƖlΙiοo"

// Symbols and digits that stand for letters where letters are beside them.
const leet = "0o1i3e4a5s7t@a$s!i|i€e"

// Digits as engines misread them and as sellers write them.
const digits = "о0ο0і1ι1з3б6壹1貳2參3拾0o0q0l1i1|1z2s5b8〇0영0공0일1이2삼3사4오5육6륙6칠7팔8구9零0一1二2三3四4五5六6七7八8九9"

// Hanja that claims and diversions are written with, and their readings.
const hanja = "最최高고唯유一일國국內내外외無무害해病병治치療료癒유完완癌암效효果과藥약品품質질肝간毒독痛통症증血혈壓압糖당尿뇨神신經경皮피膚부再재生생" +
	"美미白백髮발毛모脫탈發발防방豫예保보證증認인許허可가世세界계初초第제位위的적絶절對대安안全전副부作작用용不불者자醫의師사推추薦천專전用용" +
	"直직去거來래現현金금割할引인電전話화番번號호性성人인成성賭도博박酒주減감量량體체重중脂지肪방燃연燒소天천然연强강力력特특許허手수術술根근本본老로化화" +
	"業업獨독占점賣매販판購구買매入입金금口구座좌問문議의秘비密밀會회員원門문家가除제傷상痕흔斑반染염色색素소沈침着착面면紅홍潮조關관節절骨골髓수脊척椎추腰요頭두眼안視시聽청血혈管관循순環환淸청代대謝사改개善선緩완和화回회復복消소滅멸殺살菌균抗항酸산百백萬만比비優우秀수正정式식輸수名명牌패男남女녀愛애條조件건滿만足족價가格격半반額액別별送송料료市시場장評평判판的적中중完완璧벽" + "理리利리益익新신肌기肥비胸흉幅폭短단眠면熟숙睡수鼻비喉후咽인喘천息식咳해嗽수感감冒모熱열寒한冷랭溫온濕습乾건燥조濃농汁즙丸환散산湯탕漢한韓한救구急급死사活활命명壽수延연保보護호胎태盤반移이植식切절開개縫봉醉취鍼침灸구按안摩마整정形형科과院원局국店점舖포營영卸도友우追추訊신信신群군房방接접料료配배達달加가傳전染염毛모根근膝슬痲마痺비聾롱盲맹齒치牙아齦은舌설咬교腫종臟장腹복肩견腕완足족手수指지爪조骨골折절髓수筋근肉육神신速속決결不불良량失실損손元원利리率률確확定정保보最최低저全전額액無무料료當당籤첨中중獎장" + "産산禁금斷단淨정化화惡악化화脂지斑반粘점膜막眩현暈훈淋림疹진膿농瘡창癬선瘤류腎신腺선膀방胱광卵란巢소宮궁月월經경姙임娠신增증强강長장身신精정液액氣기力력男남根근勃발起기活활汗한臭취齒치齦간皺추細세胞포除제去거速속效효卽즉試시驗험合합格격得득收수益익投투資자貸대出출身신分분通통帳장名명義의僞위造조銃총刀도麻마大대麻마注주射사無무許허私사設설換환錢전激격安안特특價가低저條조件건面면談담連련絡락處처先선入입送송金금匯회國국産산" + "痔치疾질胃위腸장炎염腦뇌卒졸中중風풍免면疫역"

// initials are the compatibility and conjoining consonants in the order of the Unicode Standard.
const initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

// readings are how digits are read where they stand for syllables: 카카5톡.
const readings = "0공1일2이3삼4사5오6육7칠8팔9구"

var latinOf, letterOf, digitOf, readingOf, syllableOf = table(lookalikes), table(leet), table(digits), table(hanja), table(readings)

// signLetter is the Latin letter of a sign that normalization leaves alone: a
// white letter in a black circle or square, a letter of a flag; 0 of any other.
func signLetter(r rune) rune {
	for _, first := range []rune{0x1F150, 0x1F170, 0x1F1E6} {
		if first <= r && r < first+26 {
			return 'a' + r - first
		}
	}
	return 0
}

func table(pairs string) map[rune]rune {
	m := map[rune]rune{}
	runes := []rune(pairs)
	for i := 0; i+1 < len(runes); i += 2 {
		if _, ok := m[runes[i]]; !ok {
			m[runes[i]] = runes[i+1]
		}
	}
	return m
}
