Attribute VB_Name = "SopxlView"
Option Explicit

' Part of sopxl, MIT licence.
' The comforts that need no Python: empty rows, the current period, the way home.
' They find the tables of the sheet in view by their headings, never by address. A new comfort is a Function
' here, a Sub in Sopxl.bas that calls it, and its line in sopxl/workbook/macros/buttons.py.

Private Const HOME_MARKER As String = "sopxl_home"
Private Const HOME_TITLE As String = "Home"

Public Function HideEmptyRows() As Long
    Dim table As ListObject

    If Not SheetIsReady() Then Exit Function
    Application.ScreenUpdating = False
    For Each table In ActiveSheet.ListObjects
        HideEmptyRows = HideEmptyRows + HideEmptyRowsOf(table)
    Next table
    Application.ScreenUpdating = True
End Function

Public Function ShowAllRows() As Long
    Dim table As ListObject

    If Not SheetIsReady() Then Exit Function
    Application.ScreenUpdating = False
    For Each table In ActiveSheet.ListObjects
        ShowAllRowsOf table
        ShowAllRows = ShowAllRows + 1
    Next table
    Application.ScreenUpdating = True
End Function

Public Function JumpToCurrentPeriod() As String
    Dim table As ListObject
    Dim column As Long

    If Not SheetIsReady() Then Exit Function
    For Each table In ActiveSheet.ListObjects
        column = CurrentPeriodColumn(table.HeaderRowRange.Value, Date)
        If column > 0 Then
            GoToColumn table, column
            JumpToCurrentPeriod = CStr(table.HeaderRowRange.Cells(1, column).Value)
            Exit Function
        End If
    Next table
    MsgBox "This sheet has no table with periods.", vbInformation, "sopxl"
End Function

Public Function GoHome() As String
    Dim sheet As Worksheet

    Set sheet = HomeSheet()
    If sheet Is Nothing Then Exit Function
    sheet.Activate
    GoHome = sheet.Name
End Function

' Makes sure that macros may change the sheet in view, and says whether it is one with cells.
Private Function SheetIsReady() As Boolean
    If TypeName(ActiveSheet) <> "Worksheet" Then Exit Function
    If SopxlSheets.IsPlanSheet(ActiveSheet) Then SopxlSheets.PreparePlanSheets
    SheetIsReady = True
End Function

' Hides run by run, since hiding row by row takes seconds on a long plan.
Private Function HideEmptyRowsOf(ByVal table As ListObject) As Long
    Dim values As Variant
    Dim first As Long, row As Long, runStart As Long

    If table.DataBodyRange Is Nothing Then Exit Function
    first = FirstPeriodColumn(table.HeaderRowRange.Value)
    If first = 0 Then Exit Function
    values = table.DataBodyRange.Value
    For row = 1 To UBound(values, 1)
        If RowIsEmpty(values, row, table.HeaderRowRange.Value) Then
            HideEmptyRowsOf = HideEmptyRowsOf + 1
            If runStart = 0 Then runStart = row
        ElseIf runStart > 0 Then
            HideRun table, runStart, row - 1
            runStart = 0
        End If
    Next row
    If runStart > 0 Then HideRun table, runStart, UBound(values, 1)
End Function

Private Sub HideRun(ByVal table As ListObject, ByVal firstRow As Long, ByVal lastRow As Long)
    With table.DataBodyRange
        .Worksheet.Range(.Cells(firstRow, 1), .Cells(lastRow, 1)).EntireRow.Hidden = True
    End With
End Sub

Private Sub ShowAllRowsOf(ByVal table As ListObject)
    On Error Resume Next
    If table.ShowAutoFilter Then table.AutoFilter.ShowAllData
    table.DataBodyRange.EntireRow.Hidden = False
End Sub

Private Sub GoToColumn(ByVal table As ListObject, ByVal column As Long)
    Dim target As Range

    Set target = table.HeaderRowRange.Cells(1, column)
    If Not table.DataBodyRange Is Nothing Then Set target = table.DataBodyRange.Cells(1, column)
    target.Select
    ActiveWindow.ScrollColumn = target.Column
End Sub

Private Function HomeSheet() As Worksheet
    Dim sheet As Worksheet
    Dim found As String

    On Error Resume Next
    For Each sheet In ThisWorkbook.Worksheets
        found = ""
        found = sheet.Names(HOME_MARKER).Name
        If Len(found) > 0 Then
            Set HomeSheet = sheet
            Exit Function
        End If
    Next sheet
    Set HomeSheet = ThisWorkbook.Worksheets(HOME_TITLE)
End Function

' True when every period of the row is blank or nought. headers and values are two-dimensional, from 1.
Public Function RowIsEmpty(ByVal values As Variant, ByVal row As Long, ByVal headers As Variant) As Boolean
    Dim column As Long

    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            If Not IsNought(values(row, column)) Then Exit Function
        End If
    Next column
    RowIsEmpty = True
End Function

Private Function IsNought(ByVal value As Variant) As Boolean
    If IsError(value) Then Exit Function
    If IsEmpty(value) Then
        IsNought = True
    ElseIf IsNumeric(value) Then
        IsNought = (value = 0)
    Else
        IsNought = (Len(Trim$(CStr(value))) = 0)
    End If
End Function

Public Function FirstPeriodColumn(ByVal headers As Variant) As Long
    Dim column As Long

    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            FirstPeriodColumn = column
            Exit Function
        End If
    Next column
End Function

' The column of the period that holds the day, or the nearest one when the plan lies wholly before or after it;
' 0 without period columns.
Public Function CurrentPeriodColumn(ByVal headers As Variant, ByVal day As Date) As Long
    Dim column As Long

    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            CurrentPeriodColumn = column
            If CStr(headers(1, column)) >= PeriodOf(day, CStr(headers(1, column))) Then Exit Function
        End If
    Next column
End Function

' A heading such as 2026-12 (month), 2026-W49 (week) or 2026-Q4 (quarter).
Public Function IsPeriod(ByVal heading As Variant) As Boolean
    Dim text As String

    If IsError(heading) Then Exit Function
    text = CStr(heading)
    IsPeriod = (text Like "####-##") Or (text Like "####-W##") Or (text Like "####-Q#")
End Function

' The heading of the period that holds the day, in the bucket that the example heading has.
Public Function PeriodOf(ByVal day As Date, ByVal example As String) As String
    Select Case Mid$(example, 6, 1)
        Case "W"
            PeriodOf = WeekOf(day)
        Case "Q"
            PeriodOf = CStr(Year(day)) & "-Q" & CStr((Month(day) + 2) \ 3)
        Case Else
            PeriodOf = CStr(Year(day)) & "-" & Right$("0" & CStr(Month(day)), 2)
    End Select
End Function

' The week of ISO 8601: it belongs to the year of its Thursday. Reckoned by hand, since DatePart errs on some Mondays.
Private Function WeekOf(ByVal day As Date) As String
    Dim thursday As Date
    Dim number As Long

    thursday = day - Weekday(day, vbMonday) + 4
    number = (thursday - DateSerial(Year(thursday), 1, 1)) \ 7 + 1
    WeekOf = CStr(Year(thursday)) & "-W" & Right$("0" & CStr(number), 2)
End Function
