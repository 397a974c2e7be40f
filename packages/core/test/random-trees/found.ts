/** Programs that broke a law once, as `replay` takes them. Each stays here when its fault has been mended. */
export const FOUND: Readonly<Record<string, string>> = {
  'R3 an acquisition that provides after its acquirer was asked to cancel unwinds':
    "{'root':{'statements':[{'do':'resource','body':{'statements':[{'do':'request','back':0}]}}]},'order':{'kind':'fifo'}}",
  'R4 a loser that returns in the turn after the winner is torn down before the race ends':
    "{'root':{'statements':[{'do':'race','branches':[{'on':'body','body':{}},{'on':'body','body':{'statements':[" +
    "{'do':'spawn','body':{'statements':[{'do':'sleep','ms':5}]}}]}}]}]},'order':{'kind':'fifo'}}",
  'C8 cancelling an ancestor unwinds the one that asked':
    "{'root':{'statements':[{'do':'spawn','body':{'statements':[{'do':'cancel','back':1,'grace':0}]}},{'do':'suspend'}]}," +
    "'order':{'kind':'fifo'}}",
  'C8 cancelling an ancestor unwinds the one that asked also when the ancestor is being torn down':
    "{'root':{'statements':[{'do':'spawn','background':true,'body':{'statements':[{'do':'cancel','back':1,'grace':0}]}}," +
    "{'do':'ensure','form':'operation','body':{'statements':[{'do':'sleep','ms':1}]}}]},'order':{'kind':'fifo'}}",
  'C2, T4 a branch stops at once though another one has left a resource that takes its time':
    "{'root':{'statements':[{'do':'all','branches':[{'on':'body','body':{'statements':[{'do':'resource','body':{'cleanup':[" +
    "{'do':'sleep','ms':5}]}}]}},{'on':'body','body':{'statements':[{'do':'sleep','ms':2},{'do':'sleep','ms':2},{'do':'pause'}]}}]}]}," +
    "'requests':[{'when':{'instant':1},'of':'root','index':0}],'order':{'kind':'fifo'}}",
  'T4 a task that joins its failing neighbour unwinds after the body of its owner':
    "{'root':{'statements':[{'do':'spawn','body':{'statements':[{'do':'sleep','ms':1},{'do':'throw'}]}}," +
    "{'do':'spawn','body':{'statements':[{'do':'join','back':1}]}},{'do':'suspend'}],'cleanup':[{'do':'sleep','ms':5}]}," +
    "'order':{'kind':'fifo'}}",
  'T4 an older child is torn down though its neighbour, cancelled before, still cleans up':
    "{'root':{'statements':[{'do':'spawn','background':true,'body':{'statements':[{'do':'sleep','ms':3},{'do':'pause'}]}}," +
    "{'do':'spawn','background':true,'body':{'statements':[{'do':'suspend'}],'cleanup':[{'do':'sleep','ms':5}]}}," +
    "{'do':'resource','body':{}},{'do':'request','back':0},{'do':'pause'}]},'order':{'kind':'fifo'}}",
  'T4, C8 a task that cancels an ancestor unwinds when its turn comes also if it is being joined':
    "{'root':{'statements':[{'do':'spawn','body':{'statements':[{'do':'spawn','body':{'statements':[{'do':'cancel','back':2,'grace':0}]}}," +
    "{'do':'join','back':0}]}}]},'order':{'kind':'fifo'}}",
  'C3 every timer of several branches is taken back exactly once':
    "{'root':{'statements':[{'do':'select','branches':[{'on':'sleep','ms':0},{'on':'body','body':{'statem" +
    "ents':[{'do':'spawn','body':{'statements':[{'do':'spawn','body':{'statements':[{'do':'sleep','ms':0}" +
    "],'cleanup':[{'do':'sleep','ms':0}]}},{'do':'spawn','body':{'statements':[{'do':'sleep','ms':0}],'cl" +
    "eanup':[{'do':'sleep','ms':0}]}},{'do':'pause'},{'do':'throw'}]}},{'do':'any','branches':[{'on':'sle" +
    "ep','ms':0},{'on':'sleep','ms':0},{'on':'sleep','ms':0}]}]}}]}]},'order':{'kind':'fifo'}}",
  'T4, T8 a task that cancels an ancestor unwinds when its turn comes also if it is joined from outside':
    "{'root':{'statements':[{'do':'spawn','body':{'statements':[{'do':'spawn','body':{'statements':[{'do':'spawn','" +
    "body':{}}]}},{'do':'spawn','body':{'statements':[{'do':'spawn','body':{}},{'do':'cancel','back':4,'grace':0}]}" +
    "},{'do':'scope','body':{'statements':[{'do':'spawn','body':{}},{'do':'spawn','body':{}}]}}]}},{'do':'resource'" +
    ",'body':{'statements':[{'do':'join','back':3}]}}]},'order':{'kind':'fifo'}}",
  'C3, T4 a task of which an inner scope was cancelled before keeps its place in the queue':
    "{'root':{'statements':[{'do':'scope','body':{}},{'do':'declared','body':{'statements':[{'do':'scope','body':{}},{'do':'throw'}],'cleanup'" +
    ":[{'do':'spawn','body':{'statements':[{'do':'spawn','body':{'statements':[{'do':'scope','body':{'statements':[{'do':'callback','after':2}" +
    "],'cleanup':[{'do':'sleep','ms':0}]}}]}},{'do':'spawn','body':{'statements':[{'do':'sleep','ms':1}]}}]}},{'do':'spawn','body':{'statement" +
    "s':[{'do':'scope','body':{'statements':[{'do':'spawn','body':{'statements':[{'do':'requestScope','back':5}]}}]}}]}},{'do':'pause'}]}}]},'" +
    "order':{'kind':'fifo'}}",
}
